// A session as systemd-logind keeps it in /run/systemd/sessions (KEY=value lines, written by logind alone; sd-login(3) reads the same files).
import { type IpNetwork, parseIpAddress } from '../core/ip-network.ts';

/** Where a session came from that is open now; undefined for a local one, one that is closing, and one whose host is no address. */
export function parseLogindSession(text: string): IpNetwork | undefined {
  const values = new Map(Array.from(text.matchAll(/^([A-Z_]+)=(.*)$/gm), ([, key = '', value = '']) => [key, value] as const));
  const isOpen = values.get('STATE') === 'active' || values.get('STATE') === 'online' || values.get('STATE') === 'opening';
  if (!isOpen || values.get('REMOTE') !== '1') return undefined;
  return parseIpAddress((values.get('REMOTE_HOST') ?? '').replace(/^"(.*)"$/, '$1').replace(/%.*$/, ''));
}
