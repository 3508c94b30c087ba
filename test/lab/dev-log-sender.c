// Sends each line of standard input to a datagram socket as a message of its own, as services do to /dev/log; waits where the receiver is
// busy. Prints the time of CLOCK_MONOTONIC just before each was sent, in nanoseconds.
// usage: dev-log-sender SOCKET     journald writes down the name of the file as _COMM.
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

int main(int argc, char **argv) {
  struct sockaddr_un to = {.sun_family = AF_UNIX};
  if (argc != 2 || strlen(argv[1]) >= sizeof to.sun_path) return 64;
  strcpy(to.sun_path, argv[1]);
  setvbuf(stdout, NULL, _IOLBF, 0);
  int fd = -1;
  static char line[4096];
  while (fgets(line, sizeof line, stdin) != NULL) {
    size_t length = strcspn(line, "\n");
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    // journald that was started anew has another socket in the same place.
    for (int tries = 0; fd < 0 || send(fd, line, length, 0) < 0; tries++) {
      if (fd >= 0 && errno == EINTR) continue;
      if (tries > 1000) return 74;
      if (tries > 0) nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
      if (fd < 0) fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
      (void)!connect(fd, (struct sockaddr *)&to, sizeof to);
    }
    printf("%lld%09ld\n", (long long)now.tv_sec, now.tv_nsec);
  }
  return 0;
}
