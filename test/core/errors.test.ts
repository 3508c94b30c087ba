import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ErrorCode, isErrorCode, messageOf, RingjailError, systemCodeOf } from '../../src/core/errors.ts';

describe('RingjailError', () => {
  // sysexits.h
  const codes: [ErrorCode, number][] = [
    ['usage', 64],
    ['unavailable', 69],
    ['software', 70],
    ['permission', 77],
    ['configuration', 78],
  ];
  for (const [code, exitCode] of codes) {
    it(`${code} ends a command with ${exitCode}`, () => {
      assert.equal(new RingjailError(code, 'm').exitCode, exitCode);
      assert.ok(isErrorCode(code));
    });
  }

  it('keeps its cause, and has none where there is none', () => {
    const cause = new Error('why');
    assert.equal(new RingjailError('software', 'm', cause).cause, cause);
    assert.equal('cause' in new RingjailError('software', 'm'), false);
  });

  for (const value of ['', 'EPERM', 'toString', '__proto__', 64, undefined, null]) {
    it(`${JSON.stringify(value)} is no code`, () => assert.equal(isErrorCode(value), false));
  }
});

describe('messageOf', () => {
  const cases: [string, unknown, string][] = [
    ['an error', new Error('text'), 'text'],
    ['several lines', new Error('one\n  two\n\nthree\n'), 'one; two; three'],
    ['a string', 'text', 'text'],
    ['undefined', undefined, 'undefined'],
    ['a number', 5, '5'],
  ];
  for (const [name, thrown, expected] of cases) it(name, () => assert.equal(messageOf(thrown), expected));
});

describe('systemCodeOf', () => {
  it("a system error's code", () => assert.equal(systemCodeOf(Object.assign(new Error('x'), { code: 'ENOENT' })), 'ENOENT'));
  it('none in an error without, in a number, in no error', () => {
    for (const thrown of [new Error('x'), Object.assign(new Error('x'), { code: 2 }), { code: 'ENOENT' }, null, undefined]) {
      assert.equal(systemCodeOf(thrown), undefined);
    }
  });
});
