import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseLogindSession } from '../../src/record/logind-session.ts';

const session = (changes: Readonly<Record<string, string>> = {}) => {
  const fields = {
    UID: '0',
    USER: 'root',
    ACTIVE: '1',
    STATE: 'active',
    REMOTE: '1',
    TYPE: 'tty',
    CLASS: 'user',
    REMOTE_HOST: '192.0.2.7',
    ...changes,
  };
  return `# This is private data. Do not parse.\n${Object.entries(fields)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('')}`;
};

describe('parseLogindSession', () => {
  const cases: [string, string, string | undefined][] = [
    ['over IPv4', session(), '192.0.2.7'],
    ['over IPv6', session({ REMOTE_HOST: '2001:db8::7' }), '2001:db8::7'],
    ['with a zone', session({ REMOTE_HOST: 'fe80::7%eth0' }), 'fe80::7'],
    ['in quotes', session({ REMOTE_HOST: '"192.0.2.7"' }), '192.0.2.7'],
    ['in the background of its seat', session({ STATE: 'online', ACTIVE: '0' }), '192.0.2.7'],
    ['just beginning', session({ STATE: 'opening' }), '192.0.2.7'],
    ['closing: only what it left behind still runs', session({ STATE: 'closing' }), undefined],
    ['local', session({ REMOTE: '0' }), undefined],
    ['of a host with a name', session({ REMOTE_HOST: 'mail.example.org' }), undefined],
    ['another field that holds an address', session({ REMOTE_HOST: '', REMOTE_USER: '192.0.2.7' }), undefined],
    ['empty', '', undefined],
    ['no lines', '\u0000=1=2=\n=\n\n', undefined],
  ];
  for (const [name, text, expected] of cases) it(name, () => assert.equal(parseLogindSession(text)?.text, expected));
});
