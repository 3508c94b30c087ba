import type { BanTicket } from '../../src/action/ban-ticket.ts';

/** A ticket as most tests need it. */
export const ticketOf = (network: string, others: Partial<BanTicket> = {}): BanTicket => ({
  network,
  jail: 'sshd',
  failures: 5,
  matches: ['a line'],
  sinceUsec: 1_700_000_000_000_000,
  untilUsec: 1_700_000_600_000_000,
  bancount: 1,
  restored: false,
  fields: {},
  ...others,
});
