const segmenters = new Map<string, Intl.Segmenter>();

function segmenter(locale: string): Intl.Segmenter {
  const found = segmenters.get(locale) ?? new Intl.Segmenter(locale, { granularity: 'word' });
  segmenters.set(locale, found);
  return found;
}

/** A sentence ends at ! and ?, and at a point with a blank behind it unless a small letter or a digit follows, as Java's iterator has it. */
const SENTENCE = /.*?(?:[!?\u3002\uff01\uff1f]+[.!?]*[)\]}"'\u2019\u201d\u00bb]*\s*|(?=(\.+[)\]}"'\u2019\u201d\u00bb]*\s+))\1(?![\p{Ll}\p{N}])|$)/gsu;

/** The words of each sentence of a text; words joined by a hyphen are one. */
export function sentences(text: string, locale: string): string[][] {
  const parts = [...text.matchAll(SENTENCE)].map(([part]) => part).filter((part) => part !== '');
  return parts.map((part) => wordsOf(segmenter(locale).segment(part)));
}

function wordsOf(segments: Iterable<Intl.SegmentData>): string[] {
  const words: string[] = [];
  let joins = false;
  let last = '';
  for (const { segment } of segments) {
    if (/^[\p{L}\p{Nd}]/u.test(segment)) {
      if (joins) words.push(`${words.pop()}-${segment}`);
      else words.push(segment);
    }
    joins = segment === '-' && /^[\p{L}\p{Nd}]/u.test(last);
    last = segment;
  }
  return words;
}

/** A locale by Java's words for it; one that is not known is that of the root. */
export function localeOf(language: string, country: string): string {
  const name = [language, country].filter(Boolean).join('-');
  try {
    return Intl.getCanonicalLocales(name || 'en')[0];
  } catch {
    return 'en';
  }
}
