import type { Action, FoundBan, WantedBans } from '../../src/action/action.ts';
import type { IpNetwork } from '../../src/core/ip-network.ts';

/** A firewall in memory: what it was asked, what stands in it, and failures on demand. */
export class FakeAction implements Action {
  readonly name: string;
  readonly calls: string[] = [];
  readonly inForce = new Map<string, number>();
  /** Thrown by the next calls, in order. */
  readonly failures: Error[] = [];
  foundBans: readonly FoundBan[] = [];
  /** Awaited by each call before it does anything. */
  gate: Promise<void> = Promise.resolve();
  concurrent = 0;
  mostConcurrent = 0;

  constructor(name = 'nftables') {
    this.name = name;
  }

  async reconcile(wanted: WantedBans): Promise<void> {
    await this.#ask('reconcile');
    this.inForce.clear();
    for (const { network, untilUsec } of wanted.all()) this.inForce.set(network.text, untilUsec);
  }

  async enforce(networks: readonly IpNetwork[], wanted: WantedBans): Promise<void> {
    await this.#ask(`enforce ${networks.map(({ text }) => text).join(' ')}`);
    for (const network of networks) {
      const untilUsec = wanted.untilUsec(network);
      if (untilUsec === undefined) this.inForce.delete(network.text);
      else this.inForce.set(network.text, untilUsec);
    }
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
