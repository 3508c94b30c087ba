// A file that holds text, read whole: regular, of bounded size, in UTF-8. A person's mistake is data here, not an exception.
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { err, ok, type Result } from '../core/result.ts';

export interface TextFileError {
  /** `ENOENT` and the like; undefined for what is no failure of the system. */
  readonly code: string | undefined;
  readonly line: number | undefined;
  readonly message: string;
}

/** /dev/null, which administrators link a file to in order to mask it; device 1:3 (Linux admin-guide/devices.txt). */
const nullDevice = 0x103;

/** Reads `path`; a FIFO or device is refused without waiting for it. */
export function loadTextFile(path: string, maxBytes: number): Result<string, TextFileError> {
  let bytes: Uint8Array | undefined;
  try {
    bytes = readRegularFile(path, maxBytes);
  } catch (error) {
    return err(describeSystemError(error));
  }
  if (bytes === undefined) return err({ code: undefined, line: undefined, message: 'no regular file; put a text file here or remove it' });
  if (bytes.length > maxBytes) {
    const message = `larger than ${maxBytes / 1024} KiB, too large for a configuration file; split it, or remove what does not belong there`;
    return err({ code: undefined, line: undefined, message });
  }
  const text = decodeUtf8(bytes);
  if (text !== undefined) return ok(text);
  const message = 'not UTF-8; convert the file (iconv -f LATIN1 -t UTF-8) or remove it';
  return err({ code: undefined, line: findUndecodableLine(bytes), message });
}

/** What the system said, for a person. Anything that is no system error is a bug of ours and goes on. */
export function describeSystemError(error: unknown): TextFileError {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  if (code === undefined) throw error;
  return { code, line: undefined, message: systemMessages.get(code) ?? `cannot be read (${code})` };
}

const systemMessages: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'no such file or directory'],
  ['EACCES', 'permission denied; make it readable for the user that runs ringjail'],
  ['ENOTDIR', 'a part of the path is no directory'],
  ['EISDIR', 'a directory, not a file'],
  ['ELOOP', 'symbolic links that lead to each other'],
  ['ENAMETOOLONG', 'the name is too long'],
]);

const chunkBytes = 64 * 1024;

/** The whole file, or more than `maxBytes` of it; undefined for a directory, a FIFO, a device or a socket. */
function readRegularFile(path: string, maxBytes: number): Uint8Array | undefined {
  // Without O_NONBLOCK the opening of a FIFO waits for its writer.
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) return stat.isCharacterDevice() && stat.rdev === nullDevice ? new Uint8Array() : undefined;
    const chunks: Uint8Array[] = [];
    let length = 0;
    while (length <= maxBytes) {
      const chunk = new Uint8Array(chunkBytes);
      const count = readSync(descriptor, chunk);
      if (count === 0) break;
      chunks.push(chunk.subarray(0, count));
      length += count;
    }
    return Buffer.concat(chunks);
  } finally {
    closeSync(descriptor);
  }
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

function findUndecodableLine(bytes: Uint8Array): number {
  let line = 1;
  for (let start = 0; start <= bytes.length; line++) {
    const newline = bytes.indexOf(0x0a, start);
    const end = newline === -1 ? bytes.length : newline;
    if (decodeUtf8(bytes.subarray(start, end)) === undefined) return line;
    start = end + 1;
  }
  return line;
}
