import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseLogin } from '../../src/record/sshd-login.ts';

const key = 'RSA SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU';
const certificateOf = (id: string) => `RSA-CERT SHA256:47DEQpj8HBSa ID ${id} (serial 7) CA ED25519 SHA256:47DEQpj8HBSa`;

describe('parseLogin', () => {
  const cases: [string, string | undefined][] = [
    ['Accepted publickey for root from 192.0.2.7 port 51022 ssh2', '192.0.2.7'],
    [`Accepted publickey for root from 192.0.2.7 port 51022 ssh2: ${key}`, '192.0.2.7'],
    ['Accepted password for alice from 2001:db8::7 port 22 ssh2', '2001:db8::7'],
    ['Accepted password for alice from fe80::7%eth0 port 22 ssh2', 'fe80::7'],
    ['Accepted keyboard-interactive/pam for alice from 192.0.2.7 port 22 ssh2', '192.0.2.7'],
    ['Accepted gssapi-with-mic for alice from 192.0.2.7 port 22 ssh2: alice@EXAMPLE.ORG', '192.0.2.7'],
    [`Accepted publickey for root from 192.0.2.7 port 22 ssh2: ${certificateOf('alice at work')}`, '192.0.2.7'],
    // A user's name that holds what looks like the end.
    ['Accepted password for x from 203.0.113.9 port 22 ssh2 from 192.0.2.7 port 22 ssh2', '192.0.2.7'],
    [`Accepted password for x from 203.0.113.9 port 22 ssh2: RSA y from 192.0.2.7 port 22 ssh2: ${key}`, '192.0.2.7'],
    ['Accepted password for a user with spaces from 192.0.2.7 port 22 ssh2', '192.0.2.7'],
    // The ID of a certificate that does: which of the two is true cannot be told.
    [`Accepted publickey for root from 192.0.2.7 port 22 ssh2: ${certificateOf('x from 203.0.113.9 port 22 ssh2')}`, undefined],
    [`Accepted publickey for root from 192.0.2.7 port 22 ssh2: ${certificateOf('x')} from 203.0.113.9 port 22 ssh2`, '203.0.113.9'],
    ['Failed password for root from 192.0.2.7 port 22 ssh2', undefined],
    ['error: Accepted password for root from 192.0.2.7 port 22 ssh2', undefined],
    ['Accepted password for root from 192.0.2.7 port 22 ssh2 ', undefined],
    ['Accepted password for root from 192.0.2.7 port 22 ssh1', undefined],
    ['Accepted password for root from mail.example.org port 22 ssh2', undefined],
    ['Accepted password for root from 192.0.2.256 port 22 ssh2', undefined],
    ['Accepted password for root from 192.0.2.7 port 222222 ssh2', undefined],
    ['Accepted password for  from 192.0.2.7 port 22 ssh2', undefined],
    ['Accepted password for x\nAccepted password for root from 192.0.2.7 port 22 ssh2', undefined],
    ['Accepted ', undefined],
    ['', undefined],
  ];
  for (const [message, expected] of cases)
    it(JSON.stringify(message), () => assert.equal(parseLogin(Buffer.from(message))?.text, expected));

  it('reads a part of a larger buffer', () => {
    const bytes = Buffer.from('xxAccepted password for root from 192.0.2.7 port 22 ssh2xx');
    assert.equal(parseLogin(bytes.subarray(2, -2))?.text, '192.0.2.7');
  });

  it('takes a name that is longer than any message as no login', () => {
    assert.equal(parseLogin(Buffer.from(`Accepted password for ${'x'.repeat(3000)} from 192.0.2.7 port 22 ssh2`)), undefined);
  });

  it('a user name never becomes the peer, whatever it holds', () => {
    const piece = fc.constantFrom(
      ' from 203.0.113.9 port 22 ssh2',
      ': ',
      ' ',
      'x',
      ' ID ',
      ' (serial 1)',
      ' CA a b',
      'RSA-CERT SHA256:x',
      ' for ',
    );
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 12 }), fc.constantFrom('', `: ${key}`), (pieces, tail) => {
        const message = `Accepted password for x${pieces.join('')} from 192.0.2.7 port 22 ssh2${tail}`;
        assert.equal(parseLogin(Buffer.from(message))?.text, '192.0.2.7');
      }),
    );
  });
});
