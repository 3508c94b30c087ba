import assert from 'node:assert/strict';
import { it } from 'node:test';
import { formatConfigError, quoteText } from '../../src/config/config-error.ts';

it('formatConfigError', () => {
  const error = { file: '/etc/x/jail.local', line: 3, section: 'sshd', message: 'no such option' };
  assert.equal(formatConfigError(error), '/etc/x/jail.local:3: no such option');
  assert.equal(formatConfigError({ ...error, line: undefined }), '/etc/x/jail.local: no such option');
});

it('quoteText escapes and cuts', () => {
  assert.equal(quoteText('a\u001b[1m\n\\S'), '"a\\x1b[1m\\x0a\\S"');
  assert.equal(quoteText('x'.repeat(60)), `"${'x'.repeat(60)}"`);
  assert.equal(quoteText('x'.repeat(61)), `"${'x'.repeat(60)}..."`);
});
