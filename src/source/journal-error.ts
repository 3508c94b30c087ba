// Why a journal cannot be opened, for people, with the cure.
import { messageOf, RingjailError, systemCodeOf } from '../core/errors.ts';

/** `name`: of the source, "journal:/var/log/remote". */
export function journalOpenError(name: string, error: unknown): RingjailError {
  const code = systemCodeOf(error);
  if (code === 'EACCES' || code === 'EPERM') return journalPermissionError(name, error);
  return new RingjailError('unavailable', `cannot open ${name}: ${messageOf(error)}`, error);
}

export function journalPermissionError(what: string, cause?: unknown): RingjailError {
  return new RingjailError(
    'permission',
    `cannot read ${what}: reading the journal needs the group systemd-journal; ringjail.service has it by the line ` +
      'SupplementaryGroups=systemd-journal; by hand: sudo npm start',
    cause,
  );
}
