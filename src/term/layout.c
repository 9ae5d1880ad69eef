#include "term/layout.h"

#include <wctype.h>

static void next_row(struct layout *l)
{
    l->row++;
    l->column = 0;
}

static void put_cells(struct layout *l, int columns, int width)
{
    if (width <= 0)
        return;
    if (l->column + width > columns && l->column > 0)
        next_row(l);
    l->column += width;
    if (l->column >= columns)
        next_row(l);
}

/* A character that is shown as several, each of which may be the first of a row. */
static void put_spelled(struct layout *l, int columns, int count)
{
    for (int i = 0; i < count; i++)
        put_cells(l, columns, 1);
}

static void put_tab(struct layout *l, int columns)
{
    do
        put_cells(l, columns, 1);
    while (l->column % 8 != 0);
}

void layout_put(struct layout *l, int columns, const wchar_t *text, size_t n)
{
    if (columns < 1)
        columns = 1;
    for (size_t i = 0; i < n; i++) {
        wint_t c = (wint_t)text[i];

        if (c == L'\t')
            put_tab(l, columns);
        else if (c == L'\n')
            next_row(l);
        else if (c < 0x100 && iswcntrl(c))
            put_spelled(l, columns, 2);
        else if (iswprint(c))
            put_cells(l, columns, wcwidth((wchar_t)c));
        else
            put_spelled(l, columns, c > 0xFFFF ? 8 : 7);
    }
}
