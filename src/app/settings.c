#include "app/settings.h"

int settings_get(const struct screen *s, enum setting which)
{
    const struct view_config *config = &s->config;

    switch (which) {
    case SETTING_LEVEL:
        return config->level + 1;
    case SETTING_INCLUDE:
        return config->include;
    case SETTING_PINGS:
        return config->pings;
    case SETTING_ALL:
        return s->all;
    case SETTING_TIMESTAMPS:
        return (int)config->stamps;
    case SETTING_PRETTY:
        return config->pretty;
    case SETTING_COLOR:
        return config->color;
    case SETTING_HEX:
        return config->binary == BINARY_HEX;
    case SETTING_SECRETS:
        return config->show_secrets;
    default:
        return 0;
    }
}

void settings_set(struct screen *s, enum setting which, int value)
{
    struct view_config config = s->config;
    bool on = value == 1;

    switch (which) {
    case SETTING_LEVEL:
        config.level = value - 1;
        break;
    case SETTING_INCLUDE:
        config.include = on;
        break;
    case SETTING_PINGS:
        config.pings = on;
        break;
    case SETTING_ALL:
        s->all = on;
        return;
    case SETTING_TIMESTAMPS:
        config.stamps = (enum view_stamps)value;
        break;
    case SETTING_PRETTY:
        config.pretty = on;
        break;
    case SETTING_COLOR:
        config.color = on;
        break;
    case SETTING_HEX:
        config.binary = on ? BINARY_HEX : BINARY_AUTO;
        break;
    case SETTING_SECRETS:
        config.show_secrets = on;
        break;
    default:
        break;
    }
    screen_configure(s, &config);
}
