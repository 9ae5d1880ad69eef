/*
 * measure: run a command once and tell what it cost.
 *
 *     measure [-c CPU] [-C CPU] [-i FILE] [-p] [-o] [-k] [-n COUNT] COMMAND [ARGUMENT]...
 *
 * -c CPU    run the command on that processor; -C: and this program on that one
 * -i FILE   the command's standard input (else /dev/null); -p: through a pipe, not as a file
 * -o        its standard output is a pipe that is emptied here, else /dev/null
 * -k        its standard input is a pipe in which nothing ever comes
 * -n COUNT  write a line of 64 bytes, wait for it to come back, so many times; tell the median
 *
 * Prints one line: seconds of wall time, user and system time, KiB of peak memory, the exit status
 * (128 + N for a signal), bytes that came out, and the median round trip in microseconds.
 *
 * It is a program of its own, and a small one, because what a process used before it became another
 * counts towards that one's peak memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LINE  64
#define BLOCK ((size_t)256 * 1024)

struct plan {
    long cpu, own_cpu; /* -1: any */
    const char *input;
    bool pipe_input, pipe_output, hold_input;
    long rounds;
    char **command;
};

static void die(const char *what)
{
    fprintf(stderr, "measure: %s: %s\n", what, strerror(errno));
    exit(125);
}

static uint64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Where that is not permitted the scheduler decides. */
static void run_on(long cpu)
{
    cpu_set_t set;

    if (cpu < 0)
        return;
    CPU_ZERO(&set);
    CPU_SET((size_t)cpu, &set);
    (void)sched_setaffinity(0, sizeof set, &set);
}

static void become(const struct plan *plan, int in, int out)
{
    run_on(plan->cpu);
    signal(SIGPIPE, SIG_DFL);
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    execvp(plan->command[0], plan->command);
    die(plan->command[0]);
}

/* A file's bytes into a pipe, from memory that the file was mapped to before the clock started. */
static void pour(int to, const uint8_t *bytes, size_t n)
{
    while (n > 0) {
        ssize_t k = write(to, bytes, n < BLOCK ? n : BLOCK);

        if (k < 0)
            return; /* it has ended: its exit status tells */
        bytes += k;
        n -= (size_t)k;
    }
}

static uint8_t *load(const char *path, size_t *size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    void *bytes;

    if (fd < 0 || fstat(fd, &st) != 0)
        die(path);
    *size = (size_t)st.st_size;
    bytes = mmap(NULL, *size, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0);
    if (bytes == MAP_FAILED)
        die(path);
    close(fd);
    return bytes;
}

static uint64_t drain(int from)
{
    uint8_t *bytes = malloc(BLOCK);
    uint64_t sum = 0;
    ssize_t n;

    if (!bytes)
        die("memory");
    while ((n = read(from, bytes, BLOCK)) > 0)
        sum += (uint64_t)n;
    free(bytes);
    return sum;
}

static int by_value(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

/* One line there and back. False: the command ended. */
static bool round_trip(int to, int from)
{
    char line[LINE + 1], back[LINE + 1];
    size_t got = 0;
    ssize_t n;

    memset(line, 'x', LINE);
    line[LINE] = '\n';
    if (write(to, line, sizeof line) != (ssize_t)sizeof line)
        return false;
    while (got < sizeof back) {
        n = read(from, back + got, sizeof back - got);
        if (n <= 0)
            return false;
        got += (size_t)n;
    }
    return true;
}

/* The median in microseconds, after a tenth of the rounds that do not count; 0 if it failed. */
static double pingpong(int to, int from, long rounds)
{
    uint64_t *took = calloc((size_t)rounds, sizeof *took);
    double median = 0;
    long done = -rounds / 10;

    if (!took)
        die("memory");
    for (; done < rounds; done++) {
        uint64_t began = now_ns();

        if (!round_trip(to, from))
            break;
        if (done >= 0)
            took[done] = now_ns() - began;
    }
    if (done == rounds) {
        qsort(took, (size_t)rounds, sizeof *took, by_value);
        median = (double)took[rounds / 2] / 1000;
    }
    free(took);
    return median;
}

static struct plan options(int argc, char **argv)
{
    struct plan plan = {.cpu = -1, .own_cpu = -1};
    int c;

    while ((c = getopt(argc, argv, "+c:C:i:pokn:")) != -1) {
        switch (c) {
        case 'c':
            plan.cpu = strtol(optarg, NULL, 10);
            break;
        case 'C':
            plan.own_cpu = strtol(optarg, NULL, 10);
            break;
        case 'i':
            plan.input = optarg;
            break;
        case 'p':
            plan.pipe_input = true;
            break;
        case 'o':
            plan.pipe_output = true;
            break;
        case 'k':
            plan.hold_input = true;
            break;
        case 'n':
            plan.rounds = strtol(optarg, NULL, 10);
            break;
        default:
            exit(125);
        }
    }
    plan.command = argv + optind;
    if (optind == argc || (plan.pipe_input && !plan.input)) {
        fprintf(stderr, "measure: no command, or -p without -i\n");
        exit(125);
    }
    return plan;
}

static int output_pipe(int ends[2])
{
    if (pipe2(ends, O_CLOEXEC) < 0)
        die("pipe");
    return ends[1];
}

int main(int argc, char **argv)
{
    struct plan plan = options(argc, argv);
    bool feeds = plan.rounds > 0 || plan.hold_input || plan.pipe_input;
    int in_ends[2] = {-1, -1}, out_ends[2] = {-1, -1};
    uint8_t *bytes = NULL;
    size_t size = 0;
    uint64_t began, wall, drained = 0;
    struct rusage used;
    double median = 0;
    int in, out, status;
    pid_t child;

    signal(SIGPIPE, SIG_IGN);
    if (plan.pipe_input)
        bytes = load(plan.input, &size);
    if (feeds && pipe2(in_ends, O_CLOEXEC) < 0)
        die("pipe");
    in = feeds ? in_ends[0] : open(plan.input ? plan.input : "/dev/null", O_RDONLY | O_CLOEXEC);
    out = plan.rounds > 0 || plan.pipe_output ? output_pipe(out_ends)
                                              : open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (in < 0 || out < 0)
        die("can't open the input or /dev/null");
    run_on(plan.own_cpu);

    began = now_ns();
    child = fork();
    if (child < 0)
        die("fork");
    if (child == 0)
        become(&plan, in, out);
    close(in);
    close(out);
    if (plan.rounds > 0)
        median = pingpong(in_ends[1], out_ends[0], plan.rounds);
    else if (plan.pipe_input)
        pour(in_ends[1], bytes, size);
    if (in_ends[1] >= 0 && !plan.hold_input)
        close(in_ends[1]);
    if (out_ends[0] >= 0)
        drained = drain(out_ends[0]);
    while (wait4(child, &status, 0, &used) < 0 && errno == EINTR)
        ;
    wall = now_ns() - began;

    printf("%.6f %ld.%06ld %ld.%06ld %ld %d %llu %.3f\n", (double)wall / 1e9,
           (long)used.ru_utime.tv_sec, (long)used.ru_utime.tv_usec, (long)used.ru_stime.tv_sec,
           (long)used.ru_stime.tv_usec, used.ru_maxrss,
           WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
           (unsigned long long)drained, median);
    return 0;
}
