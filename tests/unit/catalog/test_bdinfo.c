/* BDInfo's report: codec or kind of disc, container, resolution, HDR and sound as the film sites write them. */
#include "tests/unit/catalog/catalog_unit.h"

#include "services/catalog/bdinfo.h"

#include <stdio.h>

static struct mediainfo summary(const char *disc, const char *video, const char *audio)
{
    static char report[4096];
    struct mediainfo media = {0};
    snprintf(report, sizeof report,
             "Disc Title: The Video: a Film\r\nDisc Size: %s bytes\r\nPlaylist: 00800.MPLS\r\nSize: 1,000 bytes\r\n"
             "Video: %s\r\nAudio: %s\r\nAudio: French / FLAC Audio / 1.0 / 48 kHz\r\nSubtitle: English / 5.1 kbps\r\n",
             disc, video, audio);
    bdinfo_read(slice_text(report), &media);
    return media;
}

#define AVC "MPEG-4 AVC Video / 31951 kbps / 1080p / 23.976 fps / 16:9 / High Profile 4.1"
#define HEVC(more) "MPEG-H HEVC Video / 46966 kbps / 2160p / 23.976 fps / 16:9 / Main 10 @ Level 5.1 @ High" more
#define DTS "English / DTS-HD Master Audio / 5.1 / 48 kHz / 3917 kbps / 24-bit (DTS Core: 5.1 / 48 kHz / 1509 kbps)"

static void a_quick_summary_is_read(void **state)
{
    (void)state;
    struct mediainfo media = summary("38,214,582,272", AVC, DTS);
    assert_slice(media.of[MEDIA_codec], "BD50");
    assert_slice(media.of[MEDIA_container], "m2ts");
    assert_slice(media.of[MEDIA_resolution], "1080p");
    assert_slice(media.of[MEDIA_hdr], "");
    assert_slice(media.of[MEDIA_audio], "DTS-HD MA");
    assert_slice(media.of[MEDIA_channels], "5.1");
}

/* Its tables, with what is hidden and what other playlists have; the summary is not behind it. */
static void a_whole_report_is_read(void **state)
{
    (void)state;
    struct mediainfo media;
    static const char report[] =
        "<--- BEGIN FORUMS PASTE --->\n[code]\nTitle       Codec   Length  Main Audio Track\n"
        "00001.MPLS  AVC     1:46:29 DTS-HD Master 5.1 3917Kbps (48kHz/24-bit)\n[/code]\n\n[code]\n\nDISC INFO:\n\n"
        "Disc Title:     Audio: The Film\nDisc Size:      66,100,200 bytes\n\nPLAYLIST REPORT:\n\n"
        "Name:           00001.MPLS\nSize:           31,145,908,224 bytes\n\nVIDEO:\n\n"
        "Codec                   Bitrate             Description     \n-----                   -------             "
        "---\n"
        "MPEG-H HEVC Video       46966 kbps          2160p / 23.976 fps / 16:9 / Main 10 / 10 bits / HDR10 / BT.2020\n"
        "* MPEG-H HEVC Video     4191 kbps           1080p / 23.976 fps / 16:9 / Main 10 / 10 bits / Dolby Vision\n\n"
        "AUDIO:\n\nCodec                           Language        Bitrate         Description     \n"
        "Dolby TrueHD/Atmos Audio        English         5001 kbps       7.1+11 objects / 48 kHz / 5001 kbps / 24-bit "
        "(AC3 Embedded: 5.1 / 48 kHz)\nDolby Digital Audio             French          192 kbps        2.0 / 48 kHz\n\n"
        "SUBTITLES:\n\nPresentation Graphics           English         34.064 kbps\n\nFILES:\n\n"
        "00001.M2TS      0:00:00.000     1:46:29.383\n\nSTREAM DIAGNOSTICS:\n\n00001.M2TS  4113 (0x1011)  0x1B  AVC\n"
        "[/code]\nPLAYLIST REPORT:\n\nName: 00002.MPLS\nVIDEO:\n\n"
        "MPEG-4 AVC Video        9000 kbps           480i / HDR10+ / 29.970 fps\nAUDIO:\nLPCM Audio  English  2.0 / "
        "48\n";
    assert_true(bdinfo_read(slice_text(report), &media));
    assert_slice(media.of[MEDIA_codec], "BD25");
    assert_slice(media.of[MEDIA_resolution], "2160p");
    assert_slice(media.of[MEDIA_hdr], "Dolby Vision HDR10");
    assert_slice(media.of[MEDIA_audio], "Dolby Atmos");
    assert_slice(media.of[MEDIA_channels], "7.1");
}

static void a_disc_is_what_its_size_says_and_else_its_codec_is_told(void **state)
{
    (void)state;
    static const char *const sizes[][2] = {
        {"24,999,999,999", "BD25"},
        {"25,025,314,816", "BD25"},
        {"25,025,314,817", "BD50"},
        {"50,050,629,632", "BD50"},
        {"61 000 000 000", "BD66"},
        {"90.000.000.000", "BD100"},
        {"0", "H.264"},
        {"100,103,356,417", "H.264"},
        {"999999999999999999999999", "H.264"},
        {"many", "H.264"},
    };
    static const char *const codecs[][2] = {
        {AVC, "H.264"},
        {HEVC(""), "H.265"},
        {"VC-1 Video / 20000 kbps / 1080p / 23.976 fps / 16:9 / Advanced Profile 3", "VC-1"},
        {"MPEG-2 Video / 18000 kbps / 1080i / 29.970 fps", "MPEG-2"},
    };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        assert_slice(summary(sizes[i][0], AVC, DTS).of[MEDIA_codec], sizes[i][1]);
    for (size_t i = 0; i < sizeof codecs / sizeof *codecs; i++)
        assert_slice(summary("", codecs[i][0], DTS).of[MEDIA_codec], codecs[i][1]);
}

static void pictures_are_called_as_the_sites_do(void **state)
{
    (void)state;
    static const char *const hdrs[][2] = {
        {HEVC(" / 10 bits / HDR10 / BT.2020"), "HDR10"},
        {HEVC(" / 10 bits / HDR10+ / BT.2020"), "HDR10+"},
        {HEVC(" / 10 bits / HLG / BT.2020"), "HLG"},
        {HEVC(" / 10 bits / Dolby Vision / BT.2020"), "Dolby Vision"},
        {HEVC(" / 10 bits / HDR10\n* Video: " HEVC(" / 10 bits / Dolby Vision")), "Dolby Vision HDR10"},
        {HEVC(" / 10 bits / HDR10+\nVideo: " HEVC(" / Dolby Vision")), "Dolby Vision HDR10+"},
        {HEVC(" / 10 bits / BT.709"), "10-bit"},
        {HEVC(" / 8 bits"), ""},
    };
    static const char *const scans[][2] = {
        {"MPEG-2 Video / 18000 kbps / 480i / 29.970 fps", "480i"}, {"AVC Video / 9000 kbps / 576i / 25 fps", "576i"},
        {"VC-1 Video / 9000 kbps / 720p / 50 fps", "720p"},        {"VC-1 Video / 9000 kbps / 1080i / 25 fps", "1080i"},
        {"VC-1 Video / 9000 kbps / 10800p / 25 fps", ""},
    };
    for (size_t i = 0; i < sizeof hdrs / sizeof *hdrs; i++)
        assert_slice(summary("1", hdrs[i][0], DTS).of[MEDIA_hdr], hdrs[i][1]);
    for (size_t i = 0; i < sizeof scans / sizeof *scans; i++)
        assert_slice(summary("1", scans[i][0], DTS).of[MEDIA_resolution], scans[i][1]);
}

static void the_first_sound_counts_and_not_what_is_in_it(void **state)
{
    (void)state;
    static const char *const sounds[][3] = {
        {DTS, "DTS-HD MA", "5.1"},
        {"English / Dolby TrueHD/Atmos Audio / 7.1 / 48 kHz (AC3 Embedded: 5.1)", "Dolby Atmos", "7.1"},
        {"English / Dolby TrueHD Audio / 5.1 / 48 kHz (AC3 Embedded: 2.0)", "TrueHD", "5.1"},
        {"English / DTS:X Master Audio / 7.1 / 48 kHz (DTS Core: 5.1)", "DTS:X", "7.1"},
        {"English / DTS-HD High-Res Audio / 5.1 / 48 kHz", "DTS", "5.1"},
        {"English / DTS Audio / 5.1-ES / 48 kHz", "DTS", "5.1"},
        {"English / Dolby Digital Plus Audio / 7.1 / 48 kHz", "E-AC3", "7.1"},
        {"English / Dolby Digital EX Audio / 5.1-EX / 48 kHz", "AC3", "5.1"},
        {"Japanese / LPCM Audio / 2.0 / 48 kHz / 2304 kbps / 24-bit", "PCM", "2.0"},
        {"English / Something / 2.0 / 48 kHz", "FLAC",
         "1.0"}, /* nobody knows it: the next is the first that is known */
    };
    for (size_t i = 0; i < sizeof sounds / sizeof *sounds; i++) {
        struct mediainfo media = summary("1", AVC, sounds[i][0]);
        assert_slice(media.of[MEDIA_audio], sounds[i][1]);
        assert_slice(media.of[MEDIA_channels], sounds[i][2]);
    }
}

static void what_is_no_such_report_is_left_alone(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "\n\n",
        ":",
        "*",
        "* :",
        "VIDEO:",
        "Video:",
        "Video: Something / 1080p",
        "Disc Size: 1 bytes",
        "General\nFormat : Matroska\nVideo\nTitle : MPEG-4 AVC Video / 25005 kbps / 1080p\nFormat : AVC\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct mediainfo media;
        assert_false(bdinfo_read(slice_text(texts[i]), &media));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_quick_summary_is_read),
        cmocka_unit_test(a_whole_report_is_read),
        cmocka_unit_test(a_disc_is_what_its_size_says_and_else_its_codec_is_told),
        cmocka_unit_test(pictures_are_called_as_the_sites_do),
        cmocka_unit_test(the_first_sound_counts_and_not_what_is_in_it),
        cmocka_unit_test(what_is_no_such_report_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
