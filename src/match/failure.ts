// A failure: a record that a filter matched, as plain data.
import type { Evidence } from '../core/evidence.ts';
import type { IpNetwork } from '../core/ip-network.ts';

export interface Failure {
  /** A single address, the one that the record names as its origin. */
  readonly address: IpNetwork;
  /** Microseconds since 1970, the record's own. */
  readonly timeUsec: number;
  /** What `distinct` counts (a destination port); undefined where the record has no such thing. */
  readonly distinct: string | undefined;
  readonly evidence: Evidence;
}
