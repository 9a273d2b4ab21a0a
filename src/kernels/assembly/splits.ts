/**
 * Searches sums of gradients and hessians (see `histograms.ts`) for the best split. The plain definition is `bestSplit` in `tree/boosting/split.ts`.
 */

/**
 * The best numeric split of a feature by its sums (`bins` codes, then the missing one's), if it gains more than `best`: writes gain, last code on the
 * left, whether missing goes left, gradient and hessian of the left side to `out` and returns 1. All that is asked of it stands in doubles at `ask`:
 * units of gradients and hessians, the node's gradient, hessian, rows and rows a unit of hessian, the least rows and hessian of a side, l2.
 */
export function scan_numeric(sums: usize, bins: i32, ask: usize, best: f64, out: usize): i32 {
  const gUnit = load<f64>(ask);
  const hUnit = load<f64>(ask, 8);
  const nodeG = load<f64>(ask, 16);
  const nodeH = load<f64>(ask, 24);
  const share = load<f64>(ask, 40);
  const least = load<f64>(ask, 48);
  const leastH = load<f64>(ask, 56);
  const l2 = load<f64>(ask, 64);
  // Rows are a rounded number, so that "at least this many are left" is a bound of what was rounded.
  const most = load<f64>(ask, 32) - least + 1;
  const whole = gain(nodeG, nodeH, l2);
  const missing = load<i64>(sums + (<usize>bins << 3));
  const hasMissing = <u32>missing > 0;
  const end = hasMissing ? bins : bins - 1;
  const missings = i64x2.splat(missing);
  const zeros = i64x2.splat(0);
  // Sums up to the bin, in both lanes.
  let lefts = zeros;
  let found = 0;
  for (let bin = 0; bin < end; ) {
    // Two bins at a time as long as neither may be better than the best.
    if (bin + 2 <= end) {
      const two = v128.load(sums + (<usize>bin << 3));
      const next = i64x2.add(i64x2.add(two, i8x16.shuffle(zeros, two, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23)), lefts);
      let hopes = hopeful(next, gUnit, hUnit, nodeG, nodeH, share, least, most, leastH, l2, whole, best);
      if (hasMissing) {
        const withMissing = i64x2.add(next, missings);
        hopes = v128.or(hopes, hopeful(withMissing, gUnit, hUnit, nodeG, nodeH, share, least, most, leastH, l2, whole, best));
      }
      if (!v128.any_true(hopes)) {
        lefts = i8x16.shuffle(next, next, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15);
        bin += 2;
        if (!hasMissing) {
          const h = <f64>(<u32>i64x2.extract_lane(next, 0)) * hUnit;
          if (h * share + 0.5 >= most || nodeH - h < leastH) break;
        }
        continue;
      }
    }
    lefts = i64x2.add(lefts, v128.load64_splat(sums + (<usize>bin << 3)));
    const left = i64x2.extract_lane(lefts, 0);
    let g = <f64>(<i32>(left >> 32)) * gUnit;
    let h = <f64>(<u32>left) * hUnit;
    let rows = h * share + 0.5;
    if (rows >= most || nodeH - h < leastH) {
      if (!hasMissing) break;
    } else if (rows >= least && h >= leastH) {
      const value = gain(g, h, l2) + gain(nodeG - g, nodeH - h, l2) - whole;
      if (value > best) {
        best = value;
        found = 1;
        tell(out, value, bin, 0, g, h);
      }
    }
    if (hasMissing && bin < bins - 1) {
      const both = left + missing;
      g = <f64>(<i32>(both >> 32)) * gUnit;
      h = <f64>(<u32>both) * hUnit;
      rows = h * share + 0.5;
      if (rows < most && rows >= least && h >= leastH && nodeH - h >= leastH) {
        const value = gain(g, h, l2) + gain(nodeG - g, nodeH - h, l2) - whole;
        if (value > best) {
          best = value;
          found = 1;
          tell(out, value, bin, 1, g, h);
        }
      }
    }
    bin++;
  }
  return found;
}

/** Lanes whose sums on the left make a split that may be made and gains more than `best`. (Where it may be made, both sides have a hessian.) */
// @ts-ignore: decorator
@inline
function hopeful(
  sums: v128,
  gUnit: f64,
  hUnit: f64,
  nodeG: f64,
  nodeH: f64,
  share: f64,
  least: f64,
  most: f64,
  leastH: f64,
  l2: f64,
  whole: f64,
  best: f64,
): v128 {
  // Words as the low bits of doubles beyond 2^52; those of gradients are made unsigned by adding 2^31.
  const high = i64x2.splat(0x4330000000000000);
  const words = v128.or(v128.and(sums, i64x2.splat(0xffffffff)), high);
  const h = f64x2.mul(f64x2.sub(words, f64x2.splat(4503599627370496.0)), f64x2.splat(hUnit));
  const signed = v128.or(v128.xor(i64x2.shr_u(sums, 32), i64x2.splat(0x80000000)), high);
  const g = f64x2.mul(f64x2.sub(signed, f64x2.splat(4503601774854144.0)), f64x2.splat(gUnit));
  const otherG = f64x2.sub(f64x2.splat(nodeG), g);
  const otherH = f64x2.sub(f64x2.splat(nodeH), h);
  const rows = f64x2.add(f64x2.mul(h, f64x2.splat(share)), f64x2.splat(0.5));
  const gains = f64x2.sub(
    f64x2.add(
      f64x2.div(f64x2.mul(g, g), f64x2.add(h, f64x2.splat(l2))),
      f64x2.div(f64x2.mul(otherG, otherG), f64x2.add(otherH, f64x2.splat(l2))),
    ),
    f64x2.splat(whole),
  );
  const enough = v128.and(f64x2.ge(rows, f64x2.splat(least)), f64x2.lt(rows, f64x2.splat(most)));
  const heavy = v128.and(f64x2.ge(h, f64x2.splat(leastH)), f64x2.ge(otherH, f64x2.splat(leastH)));
  return v128.and(v128.and(enough, heavy), f64x2.gt(gains, f64x2.splat(best)));
}

// @ts-ignore: decorator
@inline
function gain(g: f64, h: f64, l2: f64): f64 {
  const d = h + l2;
  return d > 0 ? (g * g) / d : 0;
}

// @ts-ignore: decorator
@inline
function tell(out: usize, value: f64, bin: i32, missingLeft: i32, g: f64, h: f64): void {
  store<f64>(out, value);
  store<f64>(out, <f64>bin, 8);
  store<f64>(out, <f64>missingLeft, 16);
  store<f64>(out, g, 24);
  store<f64>(out, h, 32);
}
