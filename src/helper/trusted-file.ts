// Whether only root can change what a path leads to: what the helper runs as root, nobody else may have written.
import { lstatSync, readlinkSync, type Stats } from 'node:fs';
import { dirname, join, parse, resolve } from 'node:path';
import { messageOf } from '../core/errors.ts';

/** More links than that lead in a circle (path_resolution(7)). */
const mostLinks = 40;

/** The part of the path that others than root can change, and how; undefined where there is none. A missing file is nobody's. */
export function findUntrusted(path: string): string | undefined {
  return checkPath(resolve(path), 0);
}

function checkPath(path: string, links: number): string | undefined {
  if (links > mostLinks) return `${path} leads through too many links`;
  const parent = dirname(path);
  if (path !== parse(path).root) {
    const reason = checkPath(parent, links);
    if (reason !== undefined) return reason;
  }
  let stat: Stats | undefined;
  try {
    stat = lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    return `${path} cannot be looked at: ${messageOf(error)}`;
  }
  if (stat === undefined) return undefined;
  if (stat.uid !== 0) return `${path} belongs to uid ${stat.uid}, not to root: sudo chown root ${path}`;
  if (stat.isSymbolicLink()) return checkPath(resolve(join(parent, '.'), readlinkSync(path)), links + 1);
  if ((stat.mode & 0o022) !== 0) return `${path} may be written by others than root: sudo chmod go-w ${path}`;
  return undefined;
}
