/* Writes the seeds of frame_fuzz: whole calls, spelled out by hand, for every line of the harness.
 */
#include <glib.h>
#include <glib/gstdio.h>

/* "op hex": M a message, F a frame, T time, P a phone's call, S SIP events, A alarms, W messages
 * that wait (see frame_fuzz.c). */
static const char *const stories[] = {
    /* The far end calls, the phone answers, the far end clears. */
    "M 08020001050403 8090a3 1803a98383 2806b142657274 61 6c0500 81313030 700480313530a1; S 01; "
    "S 04; M 080200010f; M 080200014508028190; M 080200015a",
    /* Overlap. */
    "M 08020001050403 8090a3 1803a98383 70028031; M 080200017b70028035; M 080200017b7003803030; "
    "S 05; M 080200014d08028190",
    /* A phone calls, the far end answers; both hang up at once. */
    "P 416e6e61; M 0802800102 1803a98381; M 0802800101 1e028288; M 0802800107; S 06; S 09; "
    "M 080280014508028190; M 080280014d; M 080280015a",
    /* Refused with 44, with 17, with an announcement. */
    "P 41; M 080280015a080281ac; M 0802800245 080281911e028288; T 04",
    "P 41; M 0802800102 1803a98381; M 0802800103 08028181 1e028288; T 08",
    /* RESTART of a channel, a slot map, the interface; its answers. */
    "P 41; M 08020000461803a98381790180; M 0802000046 1805a993000002 790180; M 0802000046790187; "
    "M 080280004e1803a98381790180",
    /* SERVICE in both dialects. */
    "M 030200000f0101c21803a98382; M 4302000007 0101c2 1803a98382; M 43020000070101c0",
    /* STATUS, STATUS ENQUIRY, NOTIFY, FACILITY, HOLD, an unknown message and unknown elements. */
    "P 41; M 080280017508; M 080280017d0802819f140103; M 080280016e2701f9; M 08028001621c0291a1; "
    "M 0802800124; M 080280013f; M 08028001020f0100950300",
    /* Malformed: elements past the end, groups without an end, shifts. */
    "M 08020002056c7f0031; M 0802000205 0403 8090a3 70040031323334; M 08020002059e28001c029182",
    /* Link control: SABME, DISC, DM, RR, REJ, FRMR, rubbish. */
    "F 00017f; F 000153; F 00011f; F 00010101; F 00010901; F 0001870000000000; F ff; T 2020",
    /* Facility: ROSE invokes, results, errors and rejects, names and diversions of ETSI and QSIG,
     * lengths that lie, nests without an end. */
    "P 41; M 08028001621c1191a10f0201010606 0400 85 69 01 00 30 00; "
    "M 08028001621c0c91a10a020103020107 040141; M 08028001621c0991a2070201013002 0500; "
    "M 08028001621c0991a3060201010201 00; M 08028001621c0891a405020101800100; "
    "M 08028001621c1e9faa068001008201008b0100a1110201010201 00 800942656e6a616d696e31; "
    "M 08028001621c0e91a10c02017f020100307f0a0101; M 08028001621c0691a180300030; "
    "M 08028001621c1191a18030803080308030803080308030803080",
    /* Facility where it means a call to come: diversion, messages waiting, on the dummy too. */
    "M 0802000305 0403 8090a3 1803a98383 1c1591a113020101060604008569010130060a0101020101 "
    "700480313530a1; M 080062 1c1191a10f0201010606 0400856c01 01 0500; M 080062 1c0291a1",
    /* User-user, a redirecting number twice, original called, subaddresses, in SETUP and later. */
    "M 0802000405 0403 8090a3 1803a98383 6c05 00803130 31 6d06 8050 31323334 7004 80313530 "
    "7106 8050 31323334 7305 0081 8131 7406 0081 82313233 7406 0081 8f313234 7c02 80 90 7d02 9181 "
    "7e05 0441424344; S 01; M 0802000420 7e050441424344; M 080200047b 7e050041ff0000",
    /* HOLD and RETRIEVE, NOTIFY of a diversion, connected number, MCID, AOC. */
    "P 41; M 0802800107 4c050081323030; S 06; M 0802800124; M 08028001311803a98381; "
    "M 0802800131; M 080280016e2701fb7605 0081323232; M 080280016e2701f9; M 080280016e2701fa; "
    "M 08028001621c0991a106020101020103; M 080280014508028190 1c1191a10f020101020122300730058101a28200",
    /* Elements empty, repeated, too long, of other codesets, that must be understood. */
    "M 0802000505 0400 0403 8090a3 0403 8090a2 1803a98383 9528 0141 9d0402 8090 0a0180 "
    "700480313530a1; M 0802000605 0403 8090a3 7d0491818181 1e0480838081 280041 700480313530a1; "
    "M 0802000046790180; M 08020000050403 8090a3; M 080100750a0180; M 08038000017d",
    /* Messages wait: QSIG by a connection, ETSI by FACILITY and REGISTER, answers to ours. */
    "M 0802000705 0403 8888 1803a98c 1c1e9faa068001008201008b0100a110020101020150 3008 8003313031 0a0101 "
    "700480313031; M 080200074d",
    "M 080062 1c1d91a11a0201010606040085690101300d80033230300a0101a203020102; "
    "M 0802000864 1c1891a1150201020606040085690102 3008 8003323031 0a0101; M 08020008 5a; "
    "M 080062 1c1b91a1180201010606040085690103 300b a2030a0101 a30402022c01",
    "W 03; T 01; M 0802800107 1c159faa06800100820100a20a020107 3005 020150 0500; M 080280015a; W 00; "
    "T 10; M 080062 1c0991a306020107020106; M 080062 1c0891a4050500 800100",
    /* Two calls are to be joined: ETSI, two B channels, release link trunk. */
    "P 41; P 42; M 0802800107; M 0802800207; S 06; S 16; M 0802800162 1c0991a106020105020106; T 01; "
    "M 0802800162 1c1391a11002010506072a8648ce15000830020202; T 01; "
    "M 0802800162 1c0d11bea10a0201050201023002 800102; M 080280014d; M 080280024d",
    /* Alarms, short and long. */
    "P 41; M 0802800107; S 06; A 01; T 04; A 00; T 04; A 01; T 20; A 00",
};

static void append_hex(GByteArray *seed, const char *hex)
{
    for (; hex[0] && hex[1]; hex++) {
        guint8 octet;

        if (*hex == ' ')
            continue;
        octet = (guint8)(g_ascii_xdigit_value(hex[0]) << 4 | g_ascii_xdigit_value(hex[1]));
        g_byte_array_append(seed, &octet, 1);
        hex++;
    }
}

static void append_record(GByteArray *seed, const char *record)
{
    static const char letters[] = "MFTPSAW";
    g_autoptr(GByteArray) octets = g_byte_array_new();
    guint8 head[2];

    append_hex(octets, record + 2);
    for (head[0] = 0; letters[head[0]] != record[0]; head[0]++)
        g_assert(letters[head[0]]);
    head[1] = (guint8)octets->len;
    g_byte_array_append(seed, head, 2);
    g_byte_array_append(seed, octets->data, octets->len);
}

static void seed_write(const char *directory, guint story, guint8 line)
{
    g_autofree char *path = g_strdup_printf("%s/%u-%u", directory, story, line);
    g_auto(GStrv) records = g_strsplit(stories[story], "; ", -1);
    g_autoptr(GByteArray) seed = g_byte_array_new();
    g_autoptr(GError) error = NULL;

    g_byte_array_append(seed, &line, 1);
    for (guint i = 0; records[i]; i++)
        append_record(seed, records[i]);
    if (!g_file_set_contents(path, (const char *)seed->data, seed->len, &error))
        g_error("%s", error->message);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        g_printerr("usage: %s DIRECTORY\n", argv[0]);
        return 2;
    }
    g_mkdir_with_parents(argv[1], 0755);
    for (guint story = 0; story < G_N_ELEMENTS(stories); story++)
        for (guint8 line = 0; line < 12; line++)
            seed_write(argv[1], story, line);
    return 0;
}
