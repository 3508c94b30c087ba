// Ends what a banned address has open: its TCP connections and its tracked flows (native/connection_cutter.h). A ban never waits for it.
import type { RawCut } from '../binding/addon.ts';
import { messageOf } from '../core/errors.ts';
import type { IpNetwork } from '../core/ip-network.ts';
import type { Log } from '../core/log.ts';

export interface CutTarget {
  readonly network: IpNetwork;
  /** First and last of each range, of this host's ports; none: all. */
  readonly ports?: readonly (readonly [first: number, last: number])[];
  /** Of IP (6 is TCP, 17 UDP); none: all. */
  readonly protocol?: number;
}

export interface CutCounts {
  readonly sockets: number;
  readonly flows: number;
  /** Cuts that the kernel refused, in whole or in part. */
  readonly failures: number;
}

export interface ConnectionCutterOptions {
  readonly cutConnections: (networks: Uint8Array, ports: Uint32Array, protocol: number) => Promise<RawCut>;
  readonly log: Log;
}

/** Of each kind of trouble, for the log. */
const socketCures: Readonly<Record<string, string>> = {
  EOPNOTSUPP: 'this kernel was built without CONFIG_INET_DIAG_DESTROY; its firewall still stops what they send',
  EPERM: 'it needs CAP_NET_ADMIN, which ringjail.service grants; by hand: sudo npm start',
  ENOENT: 'the kernel module tcp_diag is missing: sudo modprobe tcp_diag',
};
const flowCures: Readonly<Record<string, string>> = {
  EPERM: 'it needs CAP_NET_ADMIN, which ringjail.service grants; by hand: sudo npm start',
  // What nfnetlink answers where nobody has registered for conntrack's messages.
  EINVAL: 'the kernel module nf_conntrack_netlink is missing: sudo modprobe nf_conntrack_netlink',
};

export class ConnectionCutter {
  readonly #options: ConnectionCutterOptions;
  readonly #told = new Set<string>();
  #waiting: CutTarget[] = [];
  #running: Promise<void> | undefined;
  #sockets = 0;
  #flows = 0;
  #failures = 0;

  constructor(options: ConnectionCutterOptions) {
    this.#options = options;
  }

  get counts(): CutCounts {
    return { sockets: this.#sockets, flows: this.#flows, failures: this.#failures };
  }

  /**
   * To be called when the ban is in force: what comes back before that begins anew. Never rejects; resolves when these targets were cut, or
   * could not be. Targets that come while a cut runs wait for its end and are cut together, so that 10,000 bans are not 10,000 dumps.
   */
  cut(targets: readonly CutTarget[]): Promise<void> {
    for (const target of targets) this.#waiting.push(target);
    this.#running ??= this.#run();
    return this.#running;
  }

  async #run(): Promise<void> {
    // Until `#running` is set; what is asked for in the same turn of the loop joins.
    await undefined;
    while (this.#waiting.length > 0) {
      const targets = this.#waiting;
      this.#waiting = [];
      for (const group of groupsOf(targets)) await this.#cutGroup(group);
    }
    // In one step with the last look at what waits: nobody can come in between and wait for what has ended.
    this.#running = undefined;
  }

  async #cutGroup({ networks, ports, protocol }: CutGroup): Promise<void> {
    try {
      const { sockets, flows, socketError, flowError } = await this.#options.cutConnections(rowsOf(networks), ports, protocol);
      this.#sockets += sockets;
      this.#flows += flows;
      if (socketError !== undefined || flowError !== undefined) this.#failures += 1;
      if (sockets > 0 || flows > 0) {
        this.#options.log.info(`cut ${sockets} TCP connections and ${flows} tracked flows of ${shortList(networks)}`);
      }
      if (socketError !== undefined) this.#tell(`cannot end TCP connections of banned addresses: ${explain(socketError, socketCures)}`);
      if (flowError !== undefined) this.#tell(`cannot end tracked flows of banned addresses: ${explain(flowError, flowCures)}`);
    } catch (error) {
      this.#failures += 1;
      this.#tell(`cannot end connections of banned addresses: ${messageOf(error)}`);
    }
  }

  /** Each trouble once: it comes with every ban. */
  #tell(trouble: string): void {
    if (this.#told.has(trouble)) return;
    this.#told.add(trouble);
    this.#options.log.warning(`${trouble}; the bans hold all the same`);
  }
}

interface CutGroup {
  readonly networks: IpNetwork[];
  readonly ports: Uint32Array;
  readonly protocol: number;
}

/** Targets of the same ports and protocol: one call each. */
function groupsOf(targets: readonly CutTarget[]): Iterable<CutGroup> {
  const groups = new Map<string, CutGroup>();
  // The targets of one jail share one array: it is made into a key once.
  const portKeys = new Map<CutTarget['ports'], string>();
  for (const { network, ports, protocol = 0 } of targets) {
    let portKey = portKeys.get(ports);
    if (portKey === undefined) {
      portKey = (ports ?? []).join();
      portKeys.set(ports, portKey);
    }
    const key = `${protocol} ${portKey}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { networks: [network], ports: Uint32Array.from((ports ?? []).flat()), protocol });
    else group.networks.push(network);
  }
  return groups.values();
}

const rowBytes = 18;

/** As native/connection_cutter.h wants them. */
function rowsOf(networks: readonly IpNetwork[]): Uint8Array {
  const rows = new Uint8Array(networks.length * rowBytes);
  let at = 0;
  for (const { family, prefix, bytes } of networks) {
    rows[at] = family;
    rows[at + 1] = prefix;
    rows.set(bytes, at + 2);
    at += rowBytes;
  }
  return rows;
}

const explain = (code: string, cures: Readonly<Record<string, string>>): string => {
  const cure = cures[code];
  return cure === undefined ? code : `${code}: ${cure}`;
};

const shortList = (networks: readonly IpNetwork[]): string =>
  networks.length > 3 ? `${networks.length} networks` : networks.map(({ text }) => text).join(', ');
