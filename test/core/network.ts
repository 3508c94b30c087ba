import assert from 'node:assert/strict';
import { type BanTarget, parseBanTarget } from '../../src/core/ban-target.ts';
import { type IpNetwork, parseIpNetwork } from '../../src/core/ip-network.ts';

/** For texts that a test itself writes. */
export function network(text: string): IpNetwork {
  const parsed = parseIpNetwork(text);
  assert.ok(parsed, `${text} is no network`);
  return parsed;
}

/** The same of what is none, too: a user, a session. */
export function target(text: string): BanTarget {
  const parsed = parseBanTarget(text);
  assert.ok(parsed, `${text} can be nobody`);
  return parsed;
}
