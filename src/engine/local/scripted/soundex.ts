const CODES = '01230127022455012623017202';

/** American Soundex as Spark has it: a letter and three digits; a text that begins with no letter stays as it is. */
export function soundex(text: string): string {
  const letters = text.replace(/[a-z]/g, (c) => c.toUpperCase());
  if (!/^[A-Z]/.test(letters)) return text;
  let out = letters[0];
  let last = code(letters.charCodeAt(0));
  for (let i = 1; i < letters.length && out.length < 4; i++) {
    const found = code(letters.charCodeAt(i));
    // H and W, which are 7 in the table, part no letters of one code; other characters do.
    if (found === '7') continue;
    if (found !== '0' && found !== last) out += found;
    last = found;
  }
  return out.padEnd(4, '0');
}

function code(char: number): string {
  return CODES[char - 65] ?? '0';
}
