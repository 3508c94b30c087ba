// Sends syslog datagrams to a UDP port of loopback at a steady rate, with sendmmsg(2). For bench/syslog-udp.ts.
// usage: udp_flood PORT MESSAGES_A_SECOND SECONDS FILE     FILE holds one message a line; they are sent in turn.
// Prints the number sent, the seconds it took, and the seconds of processor time.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

enum { BURST = 64, MOST_LINES = 4096 };

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
  if (argc != 5) return 64;
  double rate = atof(argv[2]);
  long total = (long)(rate * atof(argv[3]));
  static char *lines[MOST_LINES];
  static size_t lengths[MOST_LINES];
  long count = 0;
  FILE *file = fopen(argv[4], "r");
  size_t room = 0;
  while (file != NULL && count < MOST_LINES) {
    ssize_t length = getline(&lines[count], &room, file);
    if (length < 1) break;
    lengths[count++] = (size_t)length - 1;
    room = 0;
  }
  if (count == 0) return 66;
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(argv[1])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) < 0) return 69;
  struct iovec parts[BURST];
  struct mmsghdr messages[BURST];
  memset(messages, 0, sizeof messages);
  for (int i = 0; i < BURST; i++) {
    messages[i].msg_hdr.msg_iov = &parts[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  double start = now();
  long sent = 0;
  while (sent < total) {
    // As much as is due by now, and no more: what the machine held up is caught up with, burst by burst.
    long due = (long)((now() - start) * rate) + 1 - sent;
    if (due > total - sent) due = total - sent;
    if (due < BURST && sent + due < total) {
      struct timespec rest = {0, (long)((BURST - due) / rate * 1e9)};
      nanosleep(&rest, NULL);
      continue;
    }
    int burst = due < BURST ? (int)due : BURST;
    for (int i = 0; i < burst; i++) {
      long line = (sent + i) % count;
      parts[i].iov_base = lines[line];
      parts[i].iov_len = lengths[line];
    }
    int done = sendmmsg(fd, messages, (unsigned)burst, 0);
    if (done < 0 && errno != EINTR && errno != ENOBUFS) return 74;
    if (done > 0) sent += done;
  }
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  printf("%ld %.3f %.3f\n", sent, now() - start,
         (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6);
  return 0;
}
