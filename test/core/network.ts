import assert from 'node:assert/strict';
import { type IpNetwork, parseIpNetwork } from '../../src/core/ip-network.ts';

/** For texts that a test itself writes. */
export function network(text: string): IpNetwork {
  const parsed = parseIpNetwork(text);
  assert.ok(parsed, `${text} is no network`);
  return parsed;
}
