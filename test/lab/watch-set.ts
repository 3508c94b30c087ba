// Asks the kernel for elements of the daemon's sets, in the network namespace that this process has entered. Prints one line of JSON.
// usage: node watch-set.js burst COUNT            until elements 0 .. COUNT-1 of `benchAddress` are all in banned4: {"atUsec"}
//        node watch-set.js restart COUNT GONE      the same; and until a line comes, how often any of some was missing: {"atUsec","missing","looks"}
import { openSetLookup } from '../../src/binding/addon.ts';
import { systemClock } from '../../src/core/clock.ts';
import { network } from '../core/network.ts';

/** 10.0.0.0 and on. */
export const benchAddress = (index: number): string => `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`;

const [role, count] = process.argv.slice(2);
if (process.argv[1]?.endsWith('watch-set.js') && role !== undefined) watch(role, Number(count));

function watch(role: string, count: number): void {
  const lookup = openSetLookup('ringjail');
  const keys = Array.from({ length: count }, (_, index) => Buffer.from(network(benchAddress(index)).bytes));
  const isThere = (key: Buffer | undefined): boolean => key !== undefined && lookup.has('banned4', key);
  if (role === 'burst') {
    let next = 0;
    const look = () => {
      while (next < count && isThere(keys[next])) next++;
      if (next < count) setTimeout(look, 2);
      else process.stdout.write(`${JSON.stringify({ atUsec: systemClock() })}\n`);
    };
    look();
    return;
  }
  let looks = 0;
  let missing = 0;
  const timer = setInterval(() => {
    for (let index = 0; index < 50; index++) {
      looks++;
      if (!isThere(keys[Math.floor(Math.random() * count)])) missing++;
    }
  }, 2);
  process.stdin.once('data', () => {
    clearInterval(timer);
    process.stdout.write(`${JSON.stringify({ looks, missing })}\n`);
    process.stdin.destroy();
  });
}
