import type { Action, FoundBan, Repair, WantedBans } from '../../src/action/action.ts';
import type { IpNetwork } from '../../src/core/ip-network.ts';

/** A firewall in memory: what it was asked, what stands in it, and failures on demand. */
export class FakeAction implements Action {
  readonly name: string;
  readonly calls: string[] = [];
  readonly inForce = new Map<string, number>();
  /** Thrown by the next calls, in order. */
  readonly failures: Error[] = [];
  foundBans: readonly FoundBan[] = [];
  /** What the next calls say that they found, in order. */
  readonly repairs: (Repair | undefined)[] = [];
  /** Awaited by each call before it does anything. */
  gate: Promise<void> = Promise.resolve();
  concurrent = 0;
  mostConcurrent = 0;

  constructor(name = 'nftables') {
    this.name = name;
  }

  async reconcile(wanted: WantedBans): Promise<Repair | undefined> {
    await this.#ask('reconcile');
    this.inForce.clear();
    for (const { network, untilUsec } of wanted.all()) this.inForce.set(network.text, untilUsec);
    return this.repairs.shift();
  }

  async enforce(networks: readonly IpNetwork[], wanted: WantedBans): Promise<Repair | undefined> {
    await this.#ask(`enforce ${networks.map(({ text }) => text).join(' ')}`);
    for (const network of networks) {
      const untilUsec = wanted.untilUsec(network);
      if (untilUsec === undefined) this.inForce.delete(network.text);
      else this.inForce.set(network.text, untilUsec);
    }
    return this.repairs.shift();
  }

  found(): readonly FoundBan[] {
    return this.foundBans;
  }

  async #ask(call: string): Promise<void> {
    this.calls.push(call);
    this.concurrent++;
    this.mostConcurrent = Math.max(this.mostConcurrent, this.concurrent);
    await this.gate;
    this.concurrent--;
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure;
  }
}
