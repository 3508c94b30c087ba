// Debian 12 has PCRE2 10.42. From 10.43 on (Debian 13), `{,n}` is a quantifier and \w takes combining marks.
import { compilePatterns } from '../../src/binding/pattern-set.ts';

const two = Buffer.from('aa');

export const isPcre2Since1043: boolean = compilePatterns([{ source: '^a{,2}$' }]).search(two, 0, two.length) !== undefined;
