// Whether a file or directory changed since it was read, for the price of a stat (2 µs).
import { statSync } from 'node:fs';

// The kernel stamps with the time of its last tick (10 ms at worst): a second change within one tick leaves the same stamp.
const tickMs = 20;

let unsettled = 0;

/** Equal texts: unchanged. A file that changed just now has a new stamp each time, so that it is read once more. '' where there is none. */
export function fileStamp(path: string): string {
  try {
    const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
    if (stat === undefined) return '';
    const { ino, size, mtimeNs } = stat;
    if (Math.abs(Date.now() - Number(mtimeNs / 1_000_000n)) < tickMs) return `unsettled ${unsettled++}`;
    return `${ino} ${size} ${mtimeNs}`;
  } catch {
    return '';
  }
}
