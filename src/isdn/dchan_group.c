/* D channels that share a controller: the head that has it, and the spans that it speaks for. */
#include "dchan_private.h"

void dchan_set_head(DChannel *dchan, DChannel *head)
{
    dchan->head = head;
    g_ptr_array_add(head->members, dchan);
}

DChannel *dchan_head(DChannel *dchan)
{
    return dchan_head_of(dchan);
}

guint dchan_group_size(const DChannel *head)
{
    return 1 + head->members->len;
}

DChannel *dchan_group_nth(DChannel *head, guint i)
{
    return i == 0 ? head : head->members->pdata[i - 1];
}

DChannel *dchan_carrier(DChannel *head)
{
    return head->nfas ? nfas_carrier(head->nfas) : head;
}

DChannel *dchan_find_interface(DChannel *head, int encoded)
{
    if (encoded == -1)
        return head;
    if (!(encoded & 1 << 16))
        return dchan_carrier(head);
    for (guint i = 0; i < dchan_group_size(head); i++)
        if (dchan_group_nth(head, i)->span->interface == (encoded >> 8 & 0xff))
            return dchan_group_nth(head, i);
    return NULL;
}

int dchan_encode(const DChannel *dchan, guint8 number)
{
    if (dchan_head_of(dchan)->members->len == 0)
        return number;
    return number | dchan->span->interface << 8 | 1 << 16;
}

gboolean dchan_is_spoken_for(const DChannel *dchan)
{
    const DChannel *head = dchan_head_of(dchan);

    if (head->nfas)
        return nfas_stands(head->nfas);
    return head != dchan && link_carries(head->link);
}

void dchan_set_nfas(DChannel *dchan, Nfas *nfas)
{
    dchan->nfas = nfas;
}

Nfas *dchan_nfas(const DChannel *dchan)
{
    return dchan->nfas;
}
