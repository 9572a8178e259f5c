/* MediaInfo's report: codec, container, resolution, light and sound as the film sites write them. */
#include "tests/unit/catalog/catalog_unit.h"

#include "services/catalog/mediainfo.h"

#include <stdio.h>

static struct mediainfo reported(const char *general, const char *video)
{
    static char report[4096];
    struct mediainfo media;
    snprintf(
        report, sizeof report,
        "General\r\nComplete name                            : /films/A : B.mkv\r\n%s\r\n\r\nVideo\r\nID            "
        "                           : 1\r\n%s\r\n\r\nAudio #1\r\nFormat                                   : AC-3\r\n"
        "\r\nText\r\nFormat : UTF-8\r\n",
        general, video);
    mediainfo_read(slice_text(report), &media);
    return media;
}

static void a_whole_report_is_read(void **state)
{
    (void)state;
    struct mediainfo media =
        reported("Format                                   : Matroska\r\nFormat version : Version 4",
                 "Format                                   : AVC\r\n"
                 "Width                                    : 1 920 pixels\r\n"
                 "Height                                   : 800 pixels\r\n"
                 "Scan type                                : Progressive\r\n"
                 "Writing library                          : x264 core 164 r3095");
    assert_slice(media.of[MEDIA_container], "MKV");
    assert_slice(media.of[MEDIA_codec], "x264");
    assert_slice(media.of[MEDIA_resolution], "1080p");
    assert_slice(media.of[MEDIA_hdr], "");
    assert_slice(media.of[MEDIA_audio], "AC3");
    assert_slice(media.of[MEDIA_channels], "");
}

static void the_range_of_light_is_called_as_the_sites_do(void **state)
{
    (void)state;
    static const char *const lights[][2] = {
        {"Bit depth : 8 bits", ""},
        {"Bit depth : 10 bits", "10-bit"},
        {"HDR format : SMPTE ST 2086, HDR10 compatible\nBit depth : 10 bits\nTransfer characteristics : PQ", "HDR10"},
        {"HDR format : SMPTE ST 2094 App 4, Version 1, HDR10+ Profile B compatible", "HDR10+"},
        {"HDR format : Dolby Vision, Version 1.0, dvhe.05.06, BL+RPU", "Dolby Vision"},
        {"HDR format : Dolby Vision, Version 1.0, Profile 8.1, dvhe.08.06, BL+RPU, HDR10 compatible / SMPTE ST 2086",
         "Dolby Vision HDR10"},
        {"HDR format : Dolby Vision, Version 1.0 / SMPTE ST 2094 App 4, HDR10+ Profile A", "Dolby Vision HDR10+"},
        {"Bit depth : 10 bits\nTransfer characteristics : HLG", "HLG"},
        {"Bit depth : 10 bits\nTransfer characteristics : PQ", "HDR"},
        {"Color space : HDR10", ""},
    };
    for (size_t i = 0; i < sizeof lights / sizeof *lights; i++)
        assert_slice(reported("Format : Matroska", lights[i][0]).of[MEDIA_hdr], lights[i][1]);
}

static void sound_and_channels_are_those_of_the_first_track(void **state)
{
    (void)state;
    static const char *const sounds[][3] = {
        {"Format : E-AC-3 JOC\nCommercial name : Dolby Digital Plus with Dolby Atmos\nChannel(s) : 6 channels",
         "Dolby Atmos", "5.1"},
        {"Format : MLP FBA 16-ch\nCommercial name : Dolby TrueHD with Dolby Atmos\nChannel(s) : 8 channels\n"
         "Channel layout : L R C LFE Ls Rs Lb Rb",
         "Dolby Atmos", "7.1"},
        {"Format : MLP FBA\nChannel(s) : 6 channels", "TrueHD", "5.1"},
        {"Format : DTS XLL\nCommercial name : DTS-HD Master Audio\nChannel(s) : 8 channels", "DTS-HD MA", "7.1"},
        {"Format : DTS\nFormat profile : MA / Core\nChannel(s) : 8 channels / 6 channels", "DTS-HD MA", "7.1"},
        {"Format : DTS XLL X\nChannel(s) : Object Based / 8 channels", "DTS:X", "7.1"},
        {"Format : DTS\nChannel(s) : 6 channels\nChannel positions : Front: L C R, Side: L R, LFE", "DTS", "5.1"},
        {"Format : E-AC-3\nChannel(s) : 2 channels\nChannel layout : L R", "E-AC3", "2.0"},
        {"Format : AAC LC\nChannel(s) : 1 channel", "AAC", "1.0"},
        {"Format : FLAC\nChannel(s) : 3 channels\nChannel layout : L R LFE", "FLAC", "2.1"},
        {"Format : PCM\nChannel(s) : 3 channels", "PCM", ""},
        {"Format : MPEG Audio\nFormat profile : Layer 3\nChannel(s) : 2 channels", "MP3", "2.0"},
        {"Format : MPEG Audio\nFormat profile : Layer 2", "MP2", ""},
        {"Format : Vorbis\nChannel(s) : 12 channels", "Ogg Vorbis", ""},
        {"Format : Something\nChannel(s) : none", "", ""},
    };
    for (size_t i = 0; i < sizeof sounds / sizeof *sounds; i++) {
        static char report[1024];
        struct mediainfo media;
        snprintf(report, sizeof report,
                 "General\nFormat : Matroska\n\nVideo\nFormat : AVC\n\nAudio #1\n%s\n\nAudio #2\nFormat : Opus\n"
                 "Channel(s) : 2 channels\n\nText #1\nFormat : PCM\n",
                 sounds[i][0]);
        mediainfo_read(slice_text(report), &media);
        assert_slice(media.of[MEDIA_audio], sounds[i][1]);
        assert_slice(media.of[MEDIA_channels], sounds[i][2]);
        assert_slice(media.of[MEDIA_codec], "H.264");
    }
}

static void codecs_and_containers_are_called_as_the_sites_do(void **state)
{
    (void)state;
    static const char *const codecs[][2] = {
        {"Format : AVC", "H.264"},
        {"Format : HEVC", "H.265"},
        {"Format : HEVC\nWriting library : x265 3.5+1", "x265"},
        {"Format : MPEG-4 Visual\nCodec ID : XVID", "XviD"},
        {"Format : MPEG-4 Visual\nCodec ID : DX50", "DivX"},
        {"Format : MPEG Video\nFormat version : Version 2", "MPEG-2"},
        {"Format : MPEG Video\nFormat version : Version 1", "MPEG-1"},
        {"Format : AV1", "AV1"},
        {"Format : Something", ""},
    };
    static const char *const containers[][2] = {
        {"Format : MPEG-4", "MP4"},  {"Format : AVI", "AVI"},   {"Format : BDAV", "m2ts"},
        {"Format : MPEG-PS", "MPG"}, {"Format : WebM", "WebM"}, {"Format : Ogg", ""},
    };
    for (size_t i = 0; i < sizeof codecs / sizeof *codecs; i++)
        assert_slice(reported("Format : AVI", codecs[i][0]).of[MEDIA_codec], codecs[i][1]);
    for (size_t i = 0; i < sizeof containers / sizeof *containers; i++)
        assert_slice(reported(containers[i][0], "Format : AVC").of[MEDIA_container], containers[i][1]);
}

static void a_resolution_is_that_of_the_frame_without_its_bars(void **state)
{
    (void)state;
    static const struct {
        unsigned width, height;
        const char *scan, *resolution;
    } cases[] = {
        {1920, 1080, "Progressive", "1080p"}, {1920, 1080, "Interlaced", "1080i"},
        {1440, 1080, "Progressive", "1080p"}, {1280, 544, "Progressive", "720p"},
        {960, 720, "Progressive", "720p"},    {720, 480, "Interlaced", "NTSC"},
        {720, 576, "Interlaced", "PAL"},      {1024, 576, "Progressive", "576p"},
        {640, 272, "Progressive", "480p"},    {3840, 1600, "Progressive", "2160p"},
        {4096, 2160, "Progressive", "2160p"}, {0, 1080, "Progressive", ""},
        {99999, 2, "Progressive", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char video[256];
        snprintf(video, sizeof video, "Format : AVC\nWidth : %u pixels\nHeight : %u pixels\nScan type : %s",
                 cases[i].width, cases[i].height, cases[i].scan);
        assert_slice(reported("Format : AVI", video).of[MEDIA_resolution], cases[i].resolution);
    }
}

/* A second video section is a cover; what is said of the sound is not said of the picture. */
static void only_the_first_picture_counts(void **state)
{
    (void)state;
    struct mediainfo media;
    mediainfo_read(
        slice_text("General\nFormat : Matroska\nVideo #1\nFormat : HEVC\nVideo #2\nFormat : AVC\nAudio\nFormat : "
                   "AAC\nWidth : 10 pixels\n"),
        &media);
    assert_slice(media.of[MEDIA_codec], "H.265");
    assert_slice(media.of[MEDIA_resolution], "");
}

static void what_is_no_report_says_nothing(void **state)
{
    (void)state;
    static const char *const texts[] = {"",     "\n\n", ":", "General", "Video\nWidth", "Nothing : here\nFormat : AVC",
                                        ": : :"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct mediainfo media;
        mediainfo_read(slice_text(texts[i]), &media);
        for (enum media_part part = 0; part < MEDIA_COUNT; part++)
            assert_slice(media.of[part], "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_report_is_read),
        cmocka_unit_test(codecs_and_containers_are_called_as_the_sites_do),
        cmocka_unit_test(a_resolution_is_that_of_the_frame_without_its_bars),
        cmocka_unit_test(only_the_first_picture_counts),
        cmocka_unit_test(the_range_of_light_is_called_as_the_sites_do),
        cmocka_unit_test(sound_and_channels_are_those_of_the_first_track),
        cmocka_unit_test(what_is_no_report_says_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
