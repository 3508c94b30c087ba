/** Lets all that can go on without a timer or the system go on. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
