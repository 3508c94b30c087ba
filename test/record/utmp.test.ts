import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseUtmp, type UtmpLayout, utmpLayoutOf } from '../../src/record/utmp.ts';
import { type UtmpFields, utmpRecord } from './utmp-record.ts';

const x64 = utmpLayoutOf('x64');
const peers = (fields: UtmpFields, layout: UtmpLayout = x64) => parseUtmp(utmpRecord(fields, layout), layout).map(({ peer }) => peer?.text);

describe('parseUtmp', () => {
  const cases: [string, UtmpFields, (string | undefined)[]][] = [
    ['sshd over IPv4', { address: [192, 0, 2, 7], host: '192.0.2.7' }, ['192.0.2.7']],
    ['sshd over IPv6', { address: [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7], host: '2001:db8::7' }, ['2001:db8::7']],
    ['a name and an address', { address: [192, 0, 2, 7], host: 'mail.example.org' }, ['192.0.2.7']],
    ['an address in the host alone', { host: '192.0.2.8' }, ['192.0.2.8']],
    ['the address counts, not the host', { address: [192, 0, 2, 7], host: '192.0.2.8' }, ['192.0.2.7']],
    ['a zone', { host: 'fe80::7%eth0' }, ['fe80::7']],
    ['a name alone', { host: 'mail.example.org' }, [undefined]],
    ['a display', { host: ':0' }, [undefined]],
    ['mosh', { host: '192.0.2.7 via mosh [123]' }, [undefined]],
    ['a host without an end', { host: '7'.repeat(256) }, [undefined]],
    ['a console', {}, [undefined]],
    ['a dead process', { type: 8, address: [192, 0, 2, 7] }, []],
    ['a login that waits', { type: 6, address: [192, 0, 2, 7] }, []],
    ['the boot', { type: 2, host: '6.1.0-18-amd64' }, []],
  ];
  for (const [name, fields, expected] of cases) it(name, () => assert.deepEqual(peers(fields), expected));

  it('reads pid and address at the places of a 64-bit time, too', () => {
    const arm64 = utmpLayoutOf('arm64');
    const fields: UtmpFields = { pid: 4711, address: [192, 0, 2, 7] };
    assert.deepEqual(
      parseUtmp(utmpRecord(fields, arm64), arm64).map(({ pid, peer }) => [pid, peer?.text]),
      [[4711, '192.0.2.7']],
    );
  });

  it('passes over a record that is not whole', () => {
    const bytes = Buffer.concat([utmpRecord({ address: [192, 0, 2, 7] }, x64), utmpRecord({ address: [192, 0, 2, 8] }, x64)]);
    assert.equal(parseUtmp(bytes.subarray(0, -1), x64).length, 1);
    assert.equal(parseUtmp(bytes, x64).length, 2);
  });

  it('takes any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => {
        bytes.fill(7, 0, 1);
        parseUtmp(bytes, x64);
      }),
    );
  });
});
