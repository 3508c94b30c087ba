// The measure for the journal reader: all fields of all entries of a journal, read by enumeration, and nothing done with them.
// cc -O2 journal_loop.c -o journal_loop -lsystemd
// journal_loop DIRECTORY: prints entries, bytes of their fields, and seconds.
#include <stdio.h>
#include <systemd/sd-journal.h>
#include <time.h>

int main(int argc, char **argv) {
  if (argc != 2) return 64;
  sd_journal *journal = NULL;
  if (sd_journal_open_directory(&journal, argv[1], 0) < 0) return 66;
  sd_journal_set_data_threshold(journal, 64 * 1024);
  struct timespec start, end;
  unsigned long entries = 0, bytes = 0;
  unsigned char last = 0;
  clock_gettime(CLOCK_MONOTONIC, &start);
  while (sd_journal_next(journal) > 0) {
    const void *data;
    size_t length;
    sd_journal_restart_data(journal);
    while (sd_journal_enumerate_available_data(journal, &data, &length) > 0) {
      bytes += length;
      last ^= ((const unsigned char *)data)[length - 1];
    }
    entries++;
  }
  clock_gettime(CLOCK_MONOTONIC, &end);
  printf("%lu %lu %.6f %u\n", entries, bytes, (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9, last);
  sd_journal_close(journal);
  return 0;
}
