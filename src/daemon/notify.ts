// What systemd is told: readiness, a line for `systemctl status`, and signs of life at half the WatchdogSec it asks for.
import { notifyServiceManager } from '../binding/addon.ts';

export class ServiceNotifier {
  #watchdog: NodeJS.Timeout | undefined;

  ready(status: string): void {
    notifyServiceManager(`READY=1\nSTATUS=${oneLine(status)}`);
    const watchdogUsec = Number(process.env['WATCHDOG_USEC']);
    if (watchdogUsec > 0 && this.#watchdog === undefined) {
      this.#watchdog = setInterval(() => notifyServiceManager('WATCHDOG=1'), watchdogUsec / 2000);
    }
  }

  status(status: string): void {
    notifyServiceManager(`STATUS=${oneLine(status)}`);
  }

  stopping(): void {
    clearInterval(this.#watchdog);
    notifyServiceManager('STOPPING=1');
  }
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ');
