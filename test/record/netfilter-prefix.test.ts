import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { afterPrintkStamp, type NetfilterVerdict, netfilterVerdict } from '../../src/record/netfilter-prefix.ts';

describe('netfilterVerdict', () => {
  const verdicts: [string, NetfilterVerdict][] = [
    ['[UFW BLOCK]', 'blocked'],
    ['[UFW LIMIT BLOCK]', 'blocked'],
    ['[UFW AUDIT]', 'audited'],
    ['[UFW AUDIT INVALID]', 'audited'],
    ['[UFW ALLOW]', 'accepted'],
    ['[UFW NOT VALID]', 'unknown'],
    ['Shorewall:net2fw:DROP:', 'blocked'],
    ['Shorewall:net2fw:ACCEPT:', 'accepted'],
    ['net-fw DROP', 'blocked'],
    ['net-fw REJECT', 'blocked'],
    ['FINAL_REJECT:', 'blocked'],
    ['filter_IN_public_DROP:', 'blocked'],
    ['filter_IN_block_ACCEPT:', 'accepted'],
    ['STATE_INVALID_DROP:', 'blocked'],
    ['rpfilter_DROP:', 'blocked'],
    ['iptables denied:', 'blocked'],
    ['IPTables-Dropped:', 'blocked'],
    ['reject wan in:', 'blocked'],
    ['Firewall: *TCP_IN Blocked*', 'blocked'],
    ['DENY', 'blocked'],
    ['fw2DROP3', 'blocked'],
    ['allowed', 'accepted'],
    ['ACCEPTED', 'accepted'],
    // never a failure where both stand
    ['AUDIT DROP', 'audited'],
    ['DROP AUDIT ACCEPT', 'audited'],
    ['BLOCK ALLOW', 'accepted'],
    ['not allowed, DROP', 'accepted'],
    ['TRACE: filter:ufw-logging-deny:rule:1', 'audited'],
    ['TRACE: filter:DROP:policy:2', 'audited'],
    // whole words only
    ['', 'unknown'],
    ['DROPBOX', 'unknown'],
    ['BLOCKCHAIN', 'unknown'],
    ['UNBLOCK', 'unknown'],
    ['éDROP', 'unknown'],
    ['DRO P', 'unknown'],
    ['new connection', 'unknown'],
    // what other kernel messages quote
    ['cgroup: fork rejected by pids controller in /user.slice/user-1000.slice/user@1000.service/BLOCK', 'unknown'],
    ["overlayfs: failed to resolve 'BLOCK", 'unknown'],
    ['unrecognized mount option "BLOCK', 'unknown'],
  ];
  for (const [prefix, verdict] of verdicts) it(prefix, () => assert.equal(netfilterVerdict(prefix), verdict));
});

describe('afterPrintkStamp', () => {
  const stamps: [string, string][] = [
    ['[3071864.995451] rest', 'rest'],
    ['[    0.000000] rest', 'rest'],
    ['[   12.345678][    T1] rest', 'rest'],
    ['[   12.345678][   C12] rest', 'rest'],
    ['[UFW BLOCK] rest', '[UFW BLOCK] rest'],
    ['[3071864.99545] rest', '[3071864.99545] rest'],
    ['[.995451] rest', '[.995451] rest'],
    ['[12.345678]rest', '[12.345678]rest'],
    ['[12.345678][X1] rest', '[12.345678][X1] rest'],
    ['[12.345678', '[12.345678'],
    ['[12', '[12'],
    ['[', '['],
    ['', ''],
  ];
  for (const [line, rest] of stamps) {
    it(line, () => {
      const bytes = Buffer.from(`xx${line}`);
      assert.equal(bytes.toString('latin1', afterPrintkStamp(bytes, 2, bytes.length)), rest);
    });
  }
});
