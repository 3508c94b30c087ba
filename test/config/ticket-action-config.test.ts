import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseDefinition } from '../../src/config/action-list.ts';
import { loadTicketAction } from '../../src/config/ticket-action-config.ts';
import { configDirectory } from './config-directory.ts';

const chain = '[Definition]\nactionban = iptables -I f2b-<name> 1 -s <ip> -j DROP\nactionunban = iptables -D f2b-<name> -s <ip> -j DROP\n';
const files = {
  'action.d/chain.conf': `${chain}actionflush = iptables -F f2b-<name>\nactionstop = iptables -X f2b-<name>\n`,
  'action.d/map.conf': '[Definition]\nactionban = echo <ip>\nactionflush = truncate -s 0 /etc/nginx/map\nactionstop = nginx -s reload\n',
  'action.d/rule.conf': '[Definition]\nactionban = ufw prepend deny from <ip> to any\nactionunban = ufw delete deny from <ip> to any\n',
};

describe('what an action empties beside single bans', () => {
  const directory = configDirectory(files);
  const emptying = (jail: string, name: string) => {
    const named = parseDefinition(name);
    assert.ok(named.ok);
    return loadTicketAction(directory, named.value, { section: jail, origin: { file: 'jail.conf', line: 1 } }, 'host').emptying;
  };

  it('is the same for jails with one file for all', () => {
    assert.ok(emptying('one', 'map'));
    assert.equal(emptying('one', 'map'), emptying('two', 'map'));
  });
  it('differs for jails with a chain each', () => assert.notEqual(emptying('one', 'chain'), emptying('two', 'chain')));
  it('is the same for jails that name one chain', () => {
    assert.equal(emptying('one', 'chain[name="x"]'), emptying('two', 'chain[name="x"]'));
  });
  it('is nothing of rules that are deleted one by one', () => assert.equal(emptying('one', 'rule'), ''));
  it('is not known of what is in error', () => assert.equal(emptying('one', 'none'), undefined));
});
