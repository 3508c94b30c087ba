// The configuration's directory, looked at before anything is read from it: one line instead of one for each file.
import { accessSync, constants, statSync } from 'node:fs';
import { messageOf, RingjailError, systemCodeOf } from '../core/errors.ts';

/** Throws a RingjailError where it is not there, or may not be read. */
export function requireDirectory(path: string): void {
  try {
    if (!statSync(path).isDirectory())
      throw new RingjailError('configuration', `${path} is a file; name the directory that it is in with -c`);
    accessSync(path, constants.R_OK | constants.X_OK);
  } catch (error) {
    if (error instanceof RingjailError) throw error;
    const code = systemCodeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      const cure =
        'name the one to take with -c (fail2ban has /etc/fail2ban), or install what ringjail ships: sudo npm run install-service';
      throw new RingjailError('configuration', `${path}: there is no such directory; ${cure}`, error);
    }
    if (code === 'EACCES')
      throw new RingjailError('permission', `${path} may not be read by this user: use sudo, or chmod a+rX ${path}`, error);
    throw new RingjailError('configuration', `cannot read ${path}: ${messageOf(error)}`, error);
  }
}
