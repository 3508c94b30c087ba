// Where <HOST> belongs in an expression that lost it: web pages take `<HOST>` for a tag of their own and leave nothing. Pure.

/** Words that an address follows in logs. */
const leadingWords = 'from|client|rhost|host|hostname|by|address|addr|ip|remote_addr|remote|peer|src|source';

/** Spellings of <HOST> that are none. */
const misspelled = /&lt;\/?[A-Z][\w-]*\/?&gt;|<(?:host|addr|ip|ip4|ip6|IP)>|\{HOST\}|%HOST%/;

/** What stands for <HOST> in the expression without being it. */
export function findMisspelledHost(text: string): string | undefined {
  return misspelled.exec(text)?.[0];
}

/** `it is likely missing after "from", inside "\[\]"`; undefined where nothing tells. `text`: the expression as configured. */
export function guessHostPlace(text: string): string | undefined {
  const word = findLeadingWord(text);
  const after = word === undefined ? '' : ` after "${word}"`;
  // Brackets or quotes around nothing.
  const [, pair] = /(\\\[\\\]|\\\(\\\)|\[\]|(?<![\\?])\(\)|''|"")/.exec(text) ?? [];
  const inside = pair === undefined ? '' : `${after === '' ? '' : ','} inside "${pair}"`;
  return after === '' && inside === '' ? undefined : `it is likely missing${after}${inside}`;
}

/** The last of the words, or rather the last that a gap follows: two spaces, the end. */
function findLeadingWord(text: string): string | undefined {
  const words = [...text.matchAll(new RegExp(`(?<![\\w\\\\-])(?:${leadingWords})(?![\\w-])[=:]?`, 'gi'))];
  const beforeGap = words.findLast(({ 0: word, index }) =>
    /^(?: {2}|\s*\$?$|\\s)/.test(text.slice(index + word.length, index + word.length + 10)),
  );
  return (beforeGap ?? words.at(-1))?.[0];
}
