import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.functions.RichMapFunction;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.api.common.typeinfo.TypeHint;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple3;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectReader;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.source.legacy.RichParallelSourceFunction;
import org.apache.flink.streaming.api.windowing.assigners.TumblingEventTimeWindows;

/** The first events as records of JSON, as internal/bench/decode makes them, decoded by Flink's own Jackson. */
class Records {
  static byte[][] records;

  static void read(String dir, int n) throws Exception {
    List<String> lines = Files.readAllLines(Path.of(dir + "names.txt"));
    String[] kinds = lines.get(0).split(","), categories = lines.get(1).split(","), regions = lines.get(2).split(",");
    long[] product = Windows.longs(dir + "prod.bin", n), session = Windows.longs(dir + "sid.bin", n);
    byte[] category = new byte[n], region = new byte[n];
    Windows.map(dir + "cat.bin", n).get(category);
    Windows.map(dir + "reg.bin", n).get(region);
    var quantity = Windows.map(dir + "qty.bin", 4L * n).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer();
    records = new byte[n][];
    for (int i = 0; i < n; i++) {
      records[i] =
          String.format(
                  Locale.ROOT,
                  "{\"timestamp\":\"%s\",\"user_id\":\"u%d\",\"event_type\":\"%s\",\"session_id\":\"%016x\",\"properties\":"
                      + "{\"product_id\":%d,\"categoria\":\"%s\",\"region\":\"%s\",\"revenue\":%d.%02d,\"quantity\":%d}}",
                  Instant.ofEpochSecond(Windows.ts[i] / 1_000_000, Windows.ts[i] % 1_000_000 * 1000),
                  Windows.user[i], kinds[Windows.event[i]], session[i], product[i], categories[category[i]],
                  regions[region[i]], Windows.revenue[i] / 100, Windows.revenue[i] % 100, quantity.get(i))
              .getBytes(StandardCharsets.UTF_8);
    }
  }

  static void windows(StreamExecutionEnvironment flink) {
    flink
        .addSource(new Bytes())
        .returns(PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO)
        .map(new Decode())
        .returns(new TypeHint<Tuple3<String, Long, Long>>() {})
        .assignTimestampsAndWatermarks(
            WatermarkStrategy.<Tuple3<String, Long, Long>>forBoundedOutOfOrderness(Duration.ofSeconds(10))
                .withTimestampAssigner((e, before) -> e.f2))
        .map(e -> Tuple3.of(e.f0, e.f1, 1L))
        .returns(new TypeHint<Tuple3<String, Long, Long>>() {})
        .keyBy(e -> e.f0, Types.STRING)
        .window(TumblingEventTimeWindows.of(Duration.ofMinutes(5)))
        .reduce((x, y) -> Tuple3.of(x.f0, x.f1 + y.f1, x.f2 + y.f2))
        .addSink(new Windows.Totals<>());
  }

  public static class Event {
    public String timestamp, user_id, event_type, session_id;
    public Properties properties;
  }

  public static class Properties {
    public long product_id;
    public String categoria, region;
    public double revenue;
    public int quantity;
  }

  public static class Decode extends RichMapFunction<byte[], Tuple3<String, Long, Long>> {
    private transient ObjectReader json;

    @Override
    public void open(OpenContext context) {
      json = new ObjectMapper().readerFor(Event.class);
    }

    @Override
    public Tuple3<String, Long, Long> map(byte[] record) throws Exception {
      Event e = json.readValue(record);
      return Tuple3.of(e.user_id, Math.round(e.properties.revenue * 100), Instant.parse(e.timestamp).toEpochMilli());
    }
  }

  public static class Bytes extends RichParallelSourceFunction<byte[]> {
    volatile boolean on = true;

    @Override
    public void run(SourceContext<byte[]> out) {
      for (int i = 0; i < records.length && on; i++) out.collect(records[i]);
    }

    @Override
    public void cancel() {
      on = false;
    }
  }
}
