/* Descriptions from the network are read strictly, and answers are what RFC 3264 asks for. */
#include "offer.h"

#include <arpa/inet.h>
#include <string.h>

#define HEAD "v=0\r\no=a 1 1 IN IP4 192.0.2.1\r\ns=-\r\n"
#define CONN "c=IN IP4 192.0.2.1\r\nt=0 0\r\n"
#define AUDIO "m=audio 4000 RTP/AVP 0 8 101\r\n"

static SdpResult offer_read_text(const char *text, SdpSession *session)
{
    return offer_read(text, strlen(text), AF_INET, session);
}

static guint16 port_of(const struct sockaddr_storage *address)
{
    return ntohs(((const struct sockaddr_in *)address)->sin_port);
}

static void plain_offer_is_read(void)
{
    SdpSession session;

    g_assert_cmpint(offer_read_text(HEAD CONN AUDIO "a=ptime:20\r\n", &session), ==, SDP_OK);
    g_assert_cmpuint(session.format_count, ==, 2);
    g_assert_cmpuint(session.formats[0], ==, 0);
    g_assert_cmpuint(session.formats[1], ==, 8);
    g_assert_cmpint(session.direction, ==, SDP_SENDRECV);
    g_assert_cmpuint(port_of(&session.rtp), ==, 4000);
    g_assert_cmpuint(port_of(&session.rtcp), ==, 4001);
    g_assert_cmpuint(session.ptime_ms, ==, 20);
}

static void rtcp_may_stand_elsewhere(void)
{
    SdpSession session;
    char host[INET_ADDRSTRLEN];

    g_assert_cmpint(offer_read_text(HEAD CONN AUDIO "a=rtcp:5555\r\n", &session), ==, SDP_OK);
    g_assert_cmpuint(port_of(&session.rtcp), ==, 5555);
    g_assert_cmpint(
        offer_read_text(HEAD CONN AUDIO "a=rtcp:6001 IN IP4 198.51.100.9\r\n", &session), ==,
        SDP_OK);
    g_assert_cmpuint(port_of(&session.rtcp), ==, 6001);
    inet_ntop(AF_INET, &((struct sockaddr_in *)&session.rtcp)->sin_addr, host, sizeof(host));
    g_assert_cmpstr(host, ==, "198.51.100.9");
}

static void packet_time_is_one_we_can(void)
{
    static const struct {
        const char *lines;
        guint16 ms;       /* sent where 20 is ours */
        guint16 ms_of_10; /* where 10 is ours */
    } cases[] = {{"", 20, 10},
                 {"a=ptime:10\r\n", 10, 10},
                 {"a=ptime:5\r\n", 10, 10},
                 {"a=ptime:25\r\n", 20, 20},
                 {"a=ptime:30\r\n", 30, 30},
                 {"a=ptime:60\r\n", 30, 30},
                 {"a=maxptime:10\r\n", 10, 10},
                 {"a=ptime:30\r\na=maxptime:20\r\n", 20, 20},
                 {"a=ptime:rubbish\r\n", 20, 10}};

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = g_strconcat(HEAD CONN AUDIO, cases[i].lines, NULL);
        SdpSession session;
        SdpChoice choice;

        g_assert_cmpint(offer_read_text(text, &session), ==, SDP_OK);
        offer_choose(&session, LAW_ALAW, 20, &choice);
        g_assert_cmpuint(choice.remote.ptime_ms, ==, cases[i].ms);
        offer_settle(&session, 10, &choice);
        g_assert_cmpuint(choice.remote.ptime_ms, ==, cases[i].ms_of_10);
    }
}

static void malformed_is_told_from_unusable(void)
{
    static const struct {
        const char *text;
        SdpResult result;
    } cases[] = {
        {"", SDP_MALFORMED},
        {"hello", SDP_MALFORMED},
        {"v=1\r\n" CONN AUDIO, SDP_MALFORMED},
        {HEAD CONN "m=audio\r\n", SDP_MALFORMED},
        {HEAD CONN "m=audio x RTP/AVP 0\r\n", SDP_MALFORMED},
        {HEAD CONN "m=audio 70000 RTP/AVP 0\r\n", SDP_MALFORMED},
        {HEAD CONN "m=audio -1 RTP/AVP 0\r\n", SDP_MALFORMED},
        {HEAD "c=IN IP4\r\n" AUDIO, SDP_MALFORMED},
        {HEAD AUDIO, SDP_MALFORMED},
        {"v=0\r\no=a b\r\n" CONN AUDIO, SDP_MALFORMED},
        {HEAD CONN AUDIO "garbage\r\n", SDP_MALFORMED},
        {HEAD CONN "m=audio 4000 RTP/AVP 0\x01\r\n", SDP_MALFORMED},
        {HEAD CONN, SDP_UNUSABLE},
        {HEAD CONN "m=audio 0 RTP/AVP 0\r\n", SDP_UNUSABLE},
        {HEAD CONN "m=audio 4000 RTP/AVP 18\r\n", SDP_UNUSABLE},
        {HEAD CONN "m=audio 4000 RTP/SAVP 0 8\r\n", SDP_UNUSABLE},
        {HEAD CONN "m=video 4000 RTP/AVP 0\r\n", SDP_UNUSABLE},
        {HEAD "c=IN IP6 2001:db8::1\r\n" AUDIO, SDP_UNUSABLE},
        {HEAD "c=IN IP4 phone.example.com\r\n" AUDIO, SDP_UNUSABLE},
        {HEAD "c=IN IP4 224.2.1.1/127\r\n" AUDIO, SDP_UNUSABLE},
        {HEAD "c=IN IP4 255.255.255.255\r\n" AUDIO, SDP_UNUSABLE},
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        SdpSession session;

        g_test_message("%s", cases[i].text);
        g_assert_cmpint(offer_read_text(cases[i].text, &session), ==, cases[i].result);
        g_assert_cmpstr(session.why, !=, "");
    }
}

static void a_description_without_end_is_malformed(void)
{
    g_autoptr(GString) text = g_string_new(HEAD CONN AUDIO);
    SdpSession session;

    while (text->len < 6000)
        g_string_append(text, "a=x\r\n");
    g_assert_cmpint(offer_read_text(text->str, &session), ==, SDP_OK);
    while (text->len < 12000)
        g_string_append(text, "a=x\r\n");
    g_assert_cmpint(offer_read_text(text->str, &session), ==, SDP_MALFORMED);
}

static void a_nul_octet_is_malformed(void)
{
    SdpSession session;
    char text[] = HEAD CONN AUDIO;

    text[20] = '\0';
    g_assert_cmpint(offer_read(text, sizeof(text) - 1, AF_INET, &session), ==, SDP_MALFORMED);
}

static void hold_has_three_spellings(void)
{
    static const struct {
        const char *text, *answer;
        gboolean receive;
    } cases[] = {
        {HEAD CONN AUDIO "a=sendonly\r\n", "a=recvonly\r\n", TRUE},
        {HEAD CONN AUDIO "a=inactive\r\n", "a=inactive\r\n", FALSE},
        {HEAD "c=IN IP4 0.0.0.0\r\n" AUDIO, "a=recvonly\r\n", TRUE},
        {HEAD "c=IN IP4 192.0.2.1\r\na=inactive\r\n" AUDIO, "a=inactive\r\n", FALSE},
        {HEAD CONN AUDIO "c=IN IP4 0.0.0.0\r\na=inactive\r\n", "a=inactive\r\n", FALSE},
    };
    struct sockaddr_in rtp = {.sin_family = AF_INET, .sin_port = htons(20000)};
    struct sockaddr_storage address = {0};

    inet_pton(AF_INET, "203.0.113.5", &rtp.sin_addr);
    memcpy(&address, &rtp, sizeof(rtp));
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        SdpSession session;
        SdpChoice choice;
        SdpLocal local = {0};
        SdpTerms terms = {&address, LAW_ALAW, 20};

        g_assert_cmpint(offer_read_text(cases[i].text, &session), ==, SDP_OK);
        offer_choose(&session, LAW_ALAW, 20, &choice);
        g_assert_false(choice.remote.send);
        g_assert_cmpint(choice.remote.receive, ==, cases[i].receive);
        offer_write(&local, &terms, &session, &choice);
        g_assert_nonnull(strstr(local.body, cases[i].answer));
        g_assert_null(strstr(local.body, "a=sendrecv"));
    }
}

static void recvonly_is_answered_sendonly(void)
{
    SdpSession session;
    SdpChoice choice;

    g_assert_cmpint(offer_read_text(HEAD CONN AUDIO "a=recvonly\r\n", &session), ==, SDP_OK);
    offer_choose(&session, LAW_ULAW, 20, &choice);
    g_assert_cmpint(choice.ours, ==, SDP_SENDONLY);
    g_assert_true(choice.remote.send);
    g_assert_false(choice.remote.receive);
}

static void the_law_of_the_trunk_is_chosen_when_offered(void)
{
    SdpSession both, one;
    SdpChoice choice;

    g_assert_cmpint(offer_read_text(HEAD CONN AUDIO, &both), ==, SDP_OK);
    g_assert_cmpint(offer_read_text(HEAD CONN "m=audio 4000 RTP/AVP 18 0\r\n", &one), ==, SDP_OK);
    offer_choose(&both, LAW_ALAW, 20, &choice);
    g_assert_cmpuint(choice.payload_type, ==, 8);
    g_assert_cmpint(choice.remote.law, ==, LAW_ALAW);
    offer_choose(&both, LAW_ULAW, 20, &choice);
    g_assert_cmpuint(choice.payload_type, ==, 0);
    offer_choose(&one, LAW_ALAW, 20, &choice);
    g_assert_cmpuint(choice.payload_type, ==, 0);
    g_assert_cmpint(choice.remote.law, ==, LAW_ULAW);
    offer_settle(&both, 20, &choice);
    g_assert_cmpuint(choice.payload_type, ==, 0);
}

static void every_line_has_its_twin(void)
{
    static const char text[] = HEAD CONN "m=video 5000 RTP/AVP 31\r\n" AUDIO
                                         "m=image 6000 udptl t38\r\nm=audio 7000 RTP/AVP 0\r\n";
    struct sockaddr_storage address = {.ss_family = AF_INET};
    SdpTerms terms = {&address, LAW_ULAW, 20};
    SdpSession session;
    SdpChoice choice;
    SdpLocal local = {0};
    const char *video, *audio, *image, *second;

    g_assert_cmpint(offer_read_text(text, &session), ==, SDP_OK);
    offer_choose(&session, LAW_ULAW, 20, &choice);
    offer_write(&local, &terms, &session, &choice);
    video = strstr(local.body, "m=video 0 RTP/AVP 31\r\n");
    audio = strstr(local.body, "m=audio 0 RTP/AVP 0\r\na=rtpmap:0");
    image = strstr(local.body, "m=image 0 udptl t38\r\n");
    second = g_strrstr(local.body, "m=audio 0 RTP/AVP 0\r\n");
    g_assert_true(video && audio && image && second);
    g_assert_true(video < audio && audio < image && image < second);
}

static void the_version_grows_only_with_a_change(void)
{
    struct sockaddr_storage address = {.ss_family = AF_INET};
    SdpTerms terms = {&address, LAW_ALAW, 20};
    SdpSession held, live;
    SdpChoice choice;
    SdpLocal local = {0};
    guint64 id;

    offer_write(&local, &terms, NULL, NULL);
    g_assert_cmpuint(local.version, ==, 1);
    g_assert_nonnull(strstr(local.body, "m=audio 0 RTP/AVP 8 0\r\n"));
    id = local.id;
    offer_write(&local, &terms, NULL, NULL);
    g_assert_cmpuint(local.version, ==, 1);
    g_assert_cmpint(offer_read_text(HEAD CONN AUDIO "a=sendonly\r\n", &held), ==, SDP_OK);
    offer_choose(&held, LAW_ALAW, 20, &choice);
    offer_write(&local, &terms, &held, &choice);
    g_assert_cmpuint(local.version, ==, 2);
    g_assert_cmpint(offer_read_text(HEAD CONN AUDIO, &live), ==, SDP_OK);
    offer_choose(&live, LAW_ALAW, 20, &choice);
    offer_write(&local, &terms, &live, &choice);
    g_assert_cmpuint(local.version, ==, 3);
    g_assert_cmpuint(local.id, ==, id);
}

static void ipv6_is_read_and_written(void)
{
    static const char text[] = "v=0\no=a 1 1 IN IP6 ::1\ns=-\nc=IN IP6 2001:db8::7\nt=0 0\n" AUDIO;
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(4242)};
    struct sockaddr_storage address = {0};
    SdpTerms terms = {&address, LAW_ALAW, 10};
    SdpSession session;
    SdpChoice choice;
    SdpLocal local = {0};

    inet_pton(AF_INET6, "2001:db8::9", &in6.sin6_addr);
    memcpy(&address, &in6, sizeof(in6));
    g_assert_cmpint(offer_read(text, strlen(text), AF_INET6, &session), ==, SDP_OK);
    g_assert_cmpint(session.rtp.ss_family, ==, AF_INET6);
    offer_choose(&session, LAW_ALAW, 20, &choice);
    offer_write(&local, &terms, &session, &choice);
    g_assert_nonnull(strstr(local.body, "c=IN IP6 2001:db8::9\r\n"));
    g_assert_nonnull(strstr(local.body, "m=audio 4242 RTP/AVP 8\r\n"));
    g_assert_nonnull(strstr(local.body, "a=ptime:10\r\n"));
}

/* RFC 4733 2.4: the number means what the offerer says, and is his when we answer. */
static void telephone_events_are_agreed_upon(void)
{
    static const struct {
        const char *rest; /* of the m= section */
        guint8 type;
    } rows[] = {
        {"a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\n", 101},
        {"a=rtpmap:101 TELEPHONE-EVENT/8000\r\n", 101},
        {"a=rtpmap:101 telephone-event/16000\r\n", 0},
        {"a=rtpmap:96 telephone-event/8000\r\n", 0}, /* not in the m= line */
        {"a=rtpmap:0 telephone-event/8000\r\n", 0},
        {"a=rtpmap:300 telephone-event/8000\r\n", 0},
        {"a=rtpmap:101\r\n", 0},
        {"a=rtpmap:101 iLBC/8000\r\n", 0},
        {"", 0},
    };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text = g_strconcat(HEAD CONN AUDIO, rows[i].rest, NULL);
        SdpSession session;
        SdpChoice choice;

        g_assert_cmpint(offer_read_text(text, &session), ==, SDP_OK);
        g_assert_cmpuint(session.event_type, ==, rows[i].type);
        offer_choose(&session, LAW_ALAW, 20, &choice);
        g_assert_cmpint(choice.remote.event_payload_type, ==, rows[i].type ? rows[i].type : -1);
    }
}

static void telephone_events_are_written(void)
{
    struct sockaddr_storage address = {.ss_family = AF_INET};
    SdpTerms terms = {&address, LAW_ALAW, 20, TRUE};
    SdpLocal offer = {0}, answer = {0}, again = {0}, without = {0};
    SdpSession session;
    SdpChoice choice;

    offer_write(&offer, &terms, NULL, NULL);
    g_assert_nonnull(strstr(offer.body, "RTP/AVP 8 0 101\r\n"));
    g_assert_nonnull(
        strstr(offer.body, "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n"));
    g_assert_cmpint(offer_read_text(HEAD CONN "m=audio 4000 RTP/AVP 8 97\r\n"
                                              "a=rtpmap:97 telephone-event/8000\r\n",
                                    &session),
                    ==, SDP_OK);
    offer_choose(&session, LAW_ALAW, 20, &choice);
    offer_write(&answer, &terms, &session, &choice);
    g_assert_nonnull(strstr(answer.body, "RTP/AVP 8 97\r\n"));
    g_assert_nonnull(strstr(answer.body, "a=rtpmap:97 telephone-event/8000\r\na=fmtp:97 0-15\r\n"));
    /* RFC 3264 8.3.2: a later offer of ours keeps the number. */
    offer_write(&again, &terms, &session, NULL);
    g_assert_nonnull(strstr(again.body, "RTP/AVP 8 0 97\r\n"));
    terms.events = FALSE;
    offer_write(&without, &terms, NULL, NULL);
    g_assert_null(strstr(without.body, "telephone-event"));
}

/* Whatever the network sends: an answer or a reason, never more than the text can hold. */
static void noise_does_no_harm(void)
{
    static const char seed[] =
        HEAD CONN "m=video 5000 RTP/AVP 31\r\n" AUDIO "a=rtcp:1\r\na=ptime:20\r\na=sendonly\r\n";
    GRand *rand = g_rand_new_with_seed(4711);
    struct sockaddr_storage address = {.ss_family = AF_INET};
    SdpTerms terms = {&address, LAW_ALAW, 20, TRUE};

    for (int round = 0; round < 20000; round++) {
        char text[sizeof(seed)];
        SdpSession session;
        SdpChoice choice;
        SdpLocal local = {0};

        memcpy(text, seed, sizeof(seed));
        for (int i = g_rand_int_range(rand, 1, 6); i > 0; i--)
            text[g_rand_int_range(rand, 0, sizeof(seed) - 1)] =
                (char)g_rand_int_range(rand, 0, 256);
        if (offer_read(text, sizeof(seed) - 1, AF_INET, &session) != SDP_OK)
            continue;
        g_assert_cmpuint(session.format_count, >, 0);
        offer_choose(&session, LAW_ULAW, 20, &choice);
        offer_write(&local, &terms, &session, &choice);
        g_assert_true(g_str_has_suffix(local.body, "\r\n"));
    }
    g_rand_free(rand);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/offer/plain-offer-is-read", plain_offer_is_read);
    g_test_add_func("/offer/rtcp-may-stand-elsewhere", rtcp_may_stand_elsewhere);
    g_test_add_func("/offer/packet-time-is-one-we-can", packet_time_is_one_we_can);
    g_test_add_func("/offer/malformed-is-told-from-unusable", malformed_is_told_from_unusable);
    g_test_add_func("/offer/a-nul-octet-is-malformed", a_nul_octet_is_malformed);
    g_test_add_func("/offer/without-end", a_description_without_end_is_malformed);
    g_test_add_func("/offer/hold-has-three-spellings", hold_has_three_spellings);
    g_test_add_func("/offer/recvonly-is-answered-sendonly", recvonly_is_answered_sendonly);
    g_test_add_func("/offer/the-law-of-the-trunk-is-chosen-when-offered",
                    the_law_of_the_trunk_is_chosen_when_offered);
    g_test_add_func("/offer/every-line-has-its-twin", every_line_has_its_twin);
    g_test_add_func("/offer/the-version-grows-only-with-a-change",
                    the_version_grows_only_with_a_change);
    g_test_add_func("/offer/ipv6-is-read-and-written", ipv6_is_read_and_written);
    g_test_add_func("/offer/telephone-events-are-agreed-upon", telephone_events_are_agreed_upon);
    g_test_add_func("/offer/telephone-events-are-written", telephone_events_are_written);
    g_test_add_func("/offer/noise-does-no-harm", noise_does_no_harm);
    return g_test_run();
}
