import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { piecesOf, type RowGroup, rowsIn, runsOf, sectionsOf } from '#dist/engine/local/sources/row-groups.js';

/** Row groups of some files, a few of which have none. */
const files = fc.array(fc.array(fc.nat(20), { maxLength: 4 }), { maxLength: 8 });
const groupsOf = (lengths: readonly (readonly number[])[]): RowGroup[] => lengths.flatMap((some, file) => some.map((rows) => ({ file, rows })));
const allRows = (lengths: readonly (readonly number[])[]) =>
  lengths.flatMap((some, file) => Array.from({ length: some.reduce((a, b) => a + b, 0) }, (_, row) => `${file}:${row}`));
const rowsOf = ({ file, from, to }: { file: number; from: number; to: number }) => Array.from({ length: to - from }, (_, k) => `${file}:${from + k}`);

describe('sections of row groups', () => {
  it('hold all rows once and in order, and no more than they may unless it is one group', () => {
    fc.assert(
      fc.property(files, fc.integer({ min: 1, max: 50 }), (lengths, limit) => {
        const groups = groupsOf(lengths);
        const sections = sectionsOf(groups, limit);
        expect(sections.flat().flatMap(rowsOf)).toEqual(allRows(lengths));
        const largest = Math.max(limit, ...groups.map((g) => g.rows));
        for (const section of sections) expect(section.reduce((sum, { from, to }) => sum + to - from, 0)).toBeLessThanOrEqual(largest);
        for (const section of sections) expect(new Set(section.map((s) => s.file)).size).toBe(section.length);
      }),
    );
  });

  it('of many small files are few', () => {
    const groups = Array.from({ length: 400 }, (_, file) => ({ file, rows: 10 }));
    expect(sectionsOf(groups, 1000).map((section) => section.length)).toEqual([100, 100, 100, 100]);
  });
});

describe('pieces of slices', () => {
  it('hold the same rows, and join whole files that follow one another but where one is apart', () => {
    fc.assert(
      fc.property(files, fc.integer({ min: 1, max: 50 }), fc.nat(7), (lengths, limit, apart) => {
        const groups = groupsOf(lengths);
        const sizes = new Map(runsOf(groups).map(({ file, rows }) => [file, rows]));
        for (const section of sectionsOf(groups, limit)) {
          const pieces = piecesOf(section, groups, (file) => file === apart);
          const read = pieces.flatMap((piece) => {
            if (piece.whole === null) return rowsOf(piece);
            return Array.from({ length: piece.whole - piece.file }, (_, k) =>
              rowsOf({ file: piece.file + k, from: 0, to: sizes.get(piece.file + k) ?? 0 }),
            ).flat();
          });
          expect(read).toEqual(section.flatMap(rowsOf));
          for (const { file, whole } of pieces) expect(whole !== null && file < apart && apart < whole).toBe(false);
        }
      }),
    );
  });

  it('read many whole files at once', () => {
    const groups = Array.from({ length: 6 }, (_, file) => ({ file, rows: 10 }));
    const slices = groups.map(({ file, rows }) => ({ file, from: file === 0 ? 4 : 0, to: rows }));
    expect(piecesOf(slices, groups, (file) => file === 3)).toEqual([
      { file: 0, from: 4, to: 10, whole: null },
      { file: 1, from: 0, to: 10, whole: 3 },
      { file: 3, from: 0, to: 10, whole: 6 },
    ]);
    expect(rowsIn(groups)).toBe(60);
  });
});
