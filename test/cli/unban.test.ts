import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatUnban } from '../../src/cli/unban.ts';

const nothing = { unbanned: [], notBanned: [], stillBanned: [] };

describe('formatUnban', () => {
  it('of every jail', () => {
    assert.deepEqual(formatUnban({ ...nothing, unbanned: ['192.0.2.7'], notBanned: ['192.0.2.8'] }, false), [
      'unbanned 192.0.2.7',
      '192.0.2.8 was not banned',
    ]);
    assert.deepEqual(formatUnban(nothing, true), ['nobody was banned']);
  });

  it('of one jail says whose ban goes on', () => {
    const stillBanned = [
      { network: '192.0.2.7', jails: ['recidive'] },
      { network: '192.0.2.8', jails: ['web', 'mail'] },
    ];
    assert.deepEqual(formatUnban({ unbanned: ['192.0.2.7'], notBanned: ['192.0.2.8'], stillBanned }, false, 'sshd'), [
      'unbanned 192.0.2.7 in jail sshd',
      '192.0.2.8 was not banned by jail sshd',
      '192.0.2.7 stays banned by jail recidive',
      '192.0.2.8 stays banned by jails web, mail',
    ]);
    assert.deepEqual(formatUnban(nothing, true, 'sshd'), ['nobody was banned by jail sshd']);
  });
});
