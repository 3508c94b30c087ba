#include "sigbus_guard.h"

#include <csignal>
#include <cstdint>
#include <mutex>

#include <sys/mman.h>
#include <unistd.h>

namespace {
struct sigaction former_action;
long page_bytes = 4096;
// Each thread reads journals of its own, and the signal comes to the thread that read.
thread_local volatile sig_atomic_t is_guarding = 0;
thread_local volatile sig_atomic_t hits = 0;

// Async-signal-safe: mmap is a bare system call.
void OnSigbus(int number, siginfo_t* info, void* context) {
  if (is_guarding && info->si_code == BUS_ADRERR) {
    uintptr_t page = reinterpret_cast<uintptr_t>(info->si_addr) & ~static_cast<uintptr_t>(page_bytes - 1);
    void* mapped = mmap(reinterpret_cast<void*>(page), static_cast<size_t>(page_bytes), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    if (mapped != MAP_FAILED) {
      hits = 1;
      return;
    }
  }
  // Not ours: back to what was there before, which the same access now meets again.
  sigaction(SIGBUS, &former_action, nullptr);
}

void Install() {
  page_bytes = sysconf(_SC_PAGESIZE);
  struct sigaction action = {};
  action.sa_sigaction = OnSigbus;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  sigaction(SIGBUS, &action, &former_action);
}

std::once_flag installed;
}  // namespace

SigbusGuard::SigbusGuard() {
  std::call_once(installed, Install);
  hits = 0;
  is_guarding = 1;
}

SigbusGuard::~SigbusGuard() { is_guarding = 0; }

bool SigbusGuard::Hit() const { return hits != 0; }
