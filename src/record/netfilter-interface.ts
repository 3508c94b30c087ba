// Names of network interfaces in netfilter records.
import { SliceCache } from './slice-cache.ts';

// IFNAMSIZ less its final NUL.
export const longestInterface = 15;

/** The name, '' for none; undefined where it is no name that the kernel has. */
export const interfaces = new SliceCache(readInterface);

/** As dev_valid_name of the kernel's net/core/dev.c: no slash, no colon, no white space, no NUL. */
function readInterface(bytes: Buffer, start: number, end: number): string | undefined {
  if (end - start > longestInterface) return undefined;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] ?? 0;
    // 0xa0 is white space to the kernel's isspace, which reads Latin-1.
    if (byte === 0 || (byte >= 0x09 && byte <= 0x0d) || byte === 0x2f || byte === 0x3a || byte === 0xa0) return undefined;
  }
  return bytes.toString('utf8', start, end);
}
