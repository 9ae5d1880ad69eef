/*
 * fleet_check: what the system allows, before the first connection is opened.
 */
#include <inttypes.h>
#include <stdio.h>

#include "app/file_limit.h"
#include "app/fleet.h"

/* Descriptors of the program itself: the loop, the outputs, a page, commands, name servers; and of
 * attempts at a second address. */
#define OTHER_FILES 192
/* Linux's default range of local ports, where it can't be read. */
#define PORTS 28232

static int check_files(const struct fleet_config *config, struct err *e)
{
    unsigned most = file_limit_raise(OTHER_FILES, 1);

    if (config->count <= most)
        return 0;
    err_set(e, EXIT_OTHER, STAGE_IO, 0,
            "%zu connections need %zu file descriptors, but the limit is %u", config->count,
            config->count + OTHER_FILES, most + OTHER_FILES);
    err_hint(e,
             "raise the hard limit, for example: sudo prlimit --pid $$ --nofile=%zu; or open "
             "fewer with -c",
             config->count + OTHER_FILES);
    return -1;
}

/* How many connections one local address can have to one server. */
static unsigned count_ports(void)
{
    FILE *file = fopen("/proc/sys/net/ipv4/ip_local_port_range", "re");
    unsigned first, last, count = PORTS;

    if (!file)
        return count;
    if (fscanf(file, "%u %u", &first, &last) == 2 && last >= first)
        count = last - first + 1;
    fclose(file);
    return count;
}

static int check_ports(const struct fleet_config *config, struct err *e)
{
    size_t sources = config->source_count ? config->source_count : 1;
    unsigned ports = count_ports();

    if (config->connect->url.scheme == URL_UNIX || config->count <= sources * ports)
        return 0;
    err_set(e, EXIT_OTHER, STAGE_IO, 0,
            "%zu connections need as many local ports, but %zu address%s %zu", config->count,
            sources, sources == 1 ? " has" : "es have", sources * ports);
    err_hint(e, "--interface ADDR,ADDR... uses several addresses; "
                "sysctl net.ipv4.ip_local_port_range sets the ports");
    return -1;
}

int fleet_check(const struct fleet_config *config, struct err *e)
{
    return check_files(config, e) < 0 || check_ports(config, e) < 0 ? -1 : 0;
}
