// Names of programs without what tells two of them apart on one machine: `python3.11` is python, `mail.mailutils` is mail. Pure.

/** What Debian's packages, dpkg-divert and administrators put behind the name of a program. */
const variant = /\.(?:real|distrib|orig|static|basic|tiny|nox|gtk3?|openbsd|traditional|mailutils|bsd|postfix|sendmail|exim4?)$/;

export const withoutVariant = (name: string): string => name.replace(variant, '');

/** A set of names that also knows them with a version or a variant behind: `php8.2`, `ksh93`, `busybox.static`. */
export function names(...lists: readonly string[]): (name: string) => boolean {
  const known = new Set(lists.join(' ').split(' '));
  return (name) => {
    const program = withoutVariant(name);
    return known.has(program) || known.has(program.replace(/[-.]?\d[\d.]*$/, ''));
  };
}
