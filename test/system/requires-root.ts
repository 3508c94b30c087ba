// What system tests need, or the sentence that says how to enable it.

/** For `test(name, { skip })`: false where system tests can run. */
export const needsRoot: string | false =
  process.getuid?.() === 0 ? false : 'needs root for network namespaces and /dev/kmsg: sudo npm test';
