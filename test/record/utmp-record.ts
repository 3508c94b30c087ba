import type { UtmpLayout } from '../../src/record/utmp.ts';

export interface UtmpFields {
  /** 7 is USER_PROCESS. */
  readonly type?: number;
  readonly pid?: number;
  readonly host?: string;
  readonly address?: readonly number[];
}

/** A record of utmp(5), little-endian. */
export function utmpRecord({ type = 7, pid = 1, host = '', address = [] }: UtmpFields, { recordBytes, addressAt }: UtmpLayout): Buffer {
  const record = Buffer.alloc(recordBytes);
  record.writeInt16LE(type, 0);
  record.writeInt32LE(pid, 4);
  record.write('pts/0', 8, 'latin1');
  record.write('root', 44, 'latin1');
  record.write(host, 76, 256, 'latin1');
  Buffer.from(address).copy(record, addressAt);
  return record;
}
