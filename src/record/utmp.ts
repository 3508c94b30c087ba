// Who is logged in by utmp(5): fixed records of glibc's struct utmp (bits/utmp.h), in this machine's byte order. What stands in them came
// from other programs and may be torn or false.
import { endianness } from 'node:os';
import { addressOfBytes, type IpNetwork, parseIpAddress } from '../core/ip-network.ts';

export interface UtmpSession {
  readonly pid: number;
  /** Where it came from; undefined for a local session, and where the record names a host but no address. */
  readonly peer: IpNetwork | undefined;
}

export interface UtmpLayout {
  readonly recordBytes: number;
  readonly addressAt: number;
  readonly isLittleEndian: boolean;
}

const userProcess = 7;
const pidAt = 4;
const hostAt = 76;
const hostBytes = 256;

/** ut_session and ut_tv are of 32 bits where __WORDSIZE_TIME64_COMPAT32 is 1 or a long has 32 bits; on these processors they are of 64. */
const wide = ['arm64', 'loong64'];

/** `arch` as in process.arch. */
export const utmpLayoutOf = (arch: string): UtmpLayout => ({
  ...(wide.includes(arch) ? { recordBytes: 400, addressAt: 360 } : { recordBytes: 384, addressAt: 348 }),
  isLittleEndian: endianness() === 'LE',
});

/** The records of type USER_PROCESS; a last record that is not whole is passed over. */
export function parseUtmp(bytes: Uint8Array, layout: UtmpLayout = utmpLayoutOf(process.arch)): UtmpSession[] {
  const { recordBytes, addressAt, isLittleEndian } = layout;
  const sessions: UtmpSession[] = [];
  for (let at = 0; at + recordBytes <= bytes.length; at += recordBytes) {
    const record = bytes.subarray(at, at + recordBytes);
    const view = new DataView(record.buffer, record.byteOffset, recordBytes);
    if (view.getInt16(0, isLittleEndian) !== userProcess) continue;
    const address = addressOf(record.subarray(addressAt, addressAt + 16));
    sessions.push({ pid: view.getInt32(pidAt, isLittleEndian), peer: address ?? hostOf(record.subarray(hostAt, hostAt + hostBytes)) });
  }
  return sessions;
}

/** ut_addr_v6: an IPv4 address is in the first word, and the others are zero. */
function addressOf(bytes: Uint8Array): IpNetwork | undefined {
  if (bytes.every((byte) => byte === 0)) return undefined;
  const isIpv4 = bytes.subarray(4).every((byte) => byte === 0);
  return addressOfBytes(isIpv4 ? bytes.subarray(0, 4) : bytes);
}

/** ut_host: up to a NUL, or the whole field. */
function hostOf(bytes: Uint8Array): IpNetwork | undefined {
  const end = bytes.indexOf(0);
  const text = Buffer.from(end === -1 ? bytes : bytes.subarray(0, end)).toString('latin1');
  return parseIpAddress(text.replace(/%.*$/s, ''));
}
