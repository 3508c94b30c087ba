// libsystemd reads journal files through memory maps and leaves SIGBUS, the answer to a file that was truncated, to its programs.
#pragma once

/**
 * While one exists, a read beyond the end of a mapped file meets zeros instead of ending the process: `Hit` then tells that what was read
 * since is not to be trusted. Event-loop thread only; not nested. Outside of it, SIGBUS does what it did before.
 */
class SigbusGuard {
 public:
  SigbusGuard();
  ~SigbusGuard();
  SigbusGuard(const SigbusGuard&) = delete;
  SigbusGuard& operator=(const SigbusGuard&) = delete;
  bool Hit() const;
};
