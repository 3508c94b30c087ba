// Records of /dev/kmsg: "priority,sequence,microseconds,flags[,...];text\n KEY=value\n" (kernel document ABI/testing/dev-kmsg).

const comma = 0x2c;
const semicolon = 0x3b;
const lineFeed = 0x0a;
const backslash = 0x5c;
const lowerX = 0x78;

// The kernel keeps eight bits of facility and three of severity (struct printk_info).
const highestPriority = 0x7ff;

/** Where the parts of one record stand; filled anew by each call, so that a batch costs no object a record. */
export interface KmsgRecord {
  /** facility * 8 + severity */
  priority: number;
  sequence: number;
  /** The kernel's clock at printk: microseconds since boot, time asleep not counted. */
  sinceBootUsec: number;
  messageStart: number;
  /** After the text's last byte; the KEY=value lines that may follow are not part of the message. */
  messageEnd: number;
  /** Whether KEY=value lines follow: the message is about a device, and may quote what the device says of itself. */
  isOfDevice: boolean;
}

export const emptyKmsgRecord = (): KmsgRecord => ({
  priority: 0,
  sequence: 0,
  sinceBootUsec: 0,
  messageStart: 0,
  messageEnd: 0,
  isOfDevice: false,
});

/**
 * Reads the record in bytes[start, end) into `record` and undoes the kernel's `\xNN` escapes of the text in place.
 * False where it is no such record. Header fields after the third, known or not, are passed over.
 */
export function parseKmsgRecord(bytes: Buffer, start: number, end: number, record: KmsgRecord): boolean {
  let at = start;
  for (let field = 0; field < 3; field++) {
    let value = 0;
    const first = at;
    for (let digit = (bytes[at] ?? 0) - 0x30; at < end && digit >= 0 && digit <= 9; digit = (bytes[at] ?? 0) - 0x30) {
      value = value * 10 + digit;
      at++;
    }
    if (at === first || at >= end || value > Number.MAX_SAFE_INTEGER) return false;
    const next = bytes[at];
    if (next !== comma && !(next === semicolon && field === 2)) return false;
    if (field === 0 && value > highestPriority) return false;
    if (field === 0) record.priority = value;
    else if (field === 1) record.sequence = value;
    else record.sinceBootUsec = value;
    if (next === comma) at++;
  }
  while (at < end && bytes[at] !== semicolon) {
    if (bytes[at] === lineFeed) return false;
    at++;
  }
  if (at >= end) return false;
  record.messageStart = at + 1;
  const newline = bytes.subarray(at + 1, end).indexOf(lineFeed);
  const textEnd = newline === -1 ? end : at + 1 + newline;
  record.isOfDevice = textEnd + 1 < end;
  record.messageEnd = unescapeInPlace(bytes, at + 1, textEnd);
  return true;
}

/** The kernel writes bytes outside of printable ASCII, and the backslash, as `\xNN`. Returns the new end. */
function unescapeInPlace(bytes: Buffer, start: number, end: number): number {
  let from = bytes.subarray(start, end).indexOf(backslash);
  if (from === -1) return end;
  from += start;
  let to = from;
  while (from < end) {
    const byte = bytes[from] ?? 0;
    const high = hexDigit(bytes[from + 2]);
    const low = hexDigit(bytes[from + 3]);
    if (byte === backslash && from + 3 < end && bytes[from + 1] === lowerX && high !== -1 && low !== -1) {
      bytes[to++] = high * 16 + low;
      from += 4;
    } else {
      bytes[to++] = byte;
      from++;
    }
  }
  return to;
}

function hexDigit(byte = 0): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  if (byte >= 0x61 && byte <= 0x66) return byte - 0x57;
  return byte >= 0x41 && byte <= 0x46 ? byte - 0x37 : -1;
}
