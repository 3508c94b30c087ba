// Host names to addresses by getaddrinfo, a few at once. It knows /etc/hosts and libnss-resolve: where the daemon may not speak to the
// network, nothing else has an answer. Its calls hold a thread for as long as a name server is silent.
import { lookup } from 'node:dns/promises';

/** The addresses of a name, or undefined where nobody was asked, as `isAwaited` was false when its turn came. Rejects as getaddrinfo fails. */
export type NameLookup = (hostname: string, isAwaited: () => boolean) => Promise<readonly string[] | undefined>;

interface Job {
  readonly hostname: string;
  readonly isAwaited: (() => boolean)[];
  readonly settle: (answer: Promise<readonly string[]> | undefined) => void;
  readonly answer: Promise<readonly string[] | undefined>;
}

/** `ask`: for tests. */
export function fewAtOnce(most = usualMost(), ask = askResolver): NameLookup {
  const waiting: Job[] = [];
  // A slow name that is asked for again meanwhile has one thread, not two.
  const jobs = new Map<string, Job>();
  let running = 0;
  const run = async ({ hostname, settle }: Job) => {
    running++;
    const answer = ask(hostname);
    settle(answer);
    await answer.catch(() => undefined);
    running--;
    jobs.delete(hostname);
    goOn();
  };
  const goOn = () => {
    for (let job = next(); job !== undefined; job = next()) {
      if (job.isAwaited.some((isAwaited) => isAwaited())) void run(job);
      else {
        jobs.delete(job.hostname);
        job.settle(undefined);
      }
    }
  };
  const next = () => (running < most ? waiting.shift() : undefined);
  return (hostname, isAwaited) => {
    const known = jobs.get(hostname);
    if (known !== undefined) {
      known.isAwaited.push(isAwaited);
      return known.answer;
    }
    const job = jobOf(hostname, isAwaited);
    jobs.set(hostname, job);
    waiting.push(job);
    goOn();
    return job.answer;
  };
}

function jobOf(hostname: string, isAwaited: () => boolean): Job {
  let settle: Job['settle'] = () => undefined;
  const answer = new Promise<readonly string[] | undefined>((resolve) => {
    settle = resolve;
  });
  return { hostname, isAwaited: [isAwaited], settle, answer };
}

/** Of libuv's threads such calls have half, rounded up; one of these is for names that the configuration has. */
export function usualMost(threads = process.env['UV_THREADPOOL_SIZE']): number {
  const count = /^[1-9]\d{0,3}$/.test(threads ?? '') ? Number(threads) : 4;
  return Math.max(1, Math.floor((count + 1) / 2) - 1);
}

const askResolver = async (hostname: string): Promise<readonly string[]> =>
  (await lookup(hostname, { all: true })).map(({ address }) => address);
