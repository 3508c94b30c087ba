// A failure: a record that a filter matched, as plain data.

import type { BanTarget } from '../core/ban-target.ts';
import type { Evidence } from '../core/evidence.ts';

interface FailureFacts {
  /** Microseconds since 1970, the record's own. */
  readonly timeUsec: number;
  /** What `distinct` counts (a destination port); undefined where the record has no such thing. */
  readonly distinct: string | undefined;
  readonly evidence: Evidence;
}

export interface Failure extends FailureFacts {
  /** The one that the record names as its origin; a network where it names one (<SUBNET>, <CIDR>), a text where <F-ID> has one. */
  readonly address: BanTarget;
}

/** Of somebody whom the record tells by a host name only. */
export interface NamedFailure extends FailureFacts {
  readonly hostname: string;
}
