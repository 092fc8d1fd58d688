import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.TypeHint;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple3;
import org.apache.flink.api.java.tuple.Tuple4;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.TaskManagerOptions;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.legacy.RichSinkFunction;
import org.apache.flink.streaming.api.functions.source.legacy.RichParallelSourceFunction;
import org.apache.flink.streaming.api.windowing.assigners.TumblingEventTimeWindows;

/**
 * Flink at the stream's work: tumbling windows of five minutes by user, one subtask, over the raw columns in memory,
 * state on the heap, objects reused; and the same from events as JSON. A line (measure.Line) for each work, by CPU
 * time.
 *
 * <p>Windows DIR ROWS JSON_ROWS ROUNDS VERSION. A first round doesn't count. Events later than the watermark (10 s) are
 * dropped, which Flink does and the others don't, so there's no check to compare.
 */
public class Windows {
  static final int PURCHASE = 3;
  static long[] ts, user, revenue;
  static byte[] event;
  static final AtomicLong rows = new AtomicLong(), total = new AtomicLong();

  public static void main(String[] args) throws Exception {
    int n = Integer.parseInt(args[1]), records = Integer.parseInt(args[2]), rounds = Integer.parseInt(args[3]);
    String dir = args[0] + "/raw/";
    ts = longs(dir + "ts.bin", n);
    user = longs(dir + "user.bin", n);
    revenue = longs(dir + "rev.bin", n);
    event = new byte[n];
    map(dir + "ev.bin", n).get(event);
    Records.read(dir, records);
    String[] works = {"stream, purchases", "stream, all events", "speed layer, JSON to windows"};
    int[] events = {n, n, records};
    double[][] rates = new double[works.length][rounds];
    String[] notes = new String[works.length];
    for (int round = -1; round < rounds; round++) {
      for (int work = 0; work < works.length; work++) {
        double seconds = run(work);
        notes[work] = "windows and revenue: " + rows.get() + " " + total.get();
        if (round >= 0) rates[work][round] = events[work] / seconds / 1e6;
      }
    }
    for (int work = 0; work < works.length; work++) {
      double[] r = rates[work];
      Arrays.sort(r);
      System.out.printf(
          Locale.ROOT,
          "{\"work\":\"%s\",\"who\":\"Flink\",\"version\":\"%s\",\"unit\":\"M events/s\",\"median\":%.4f,"
              + "\"low\":%.4f,\"high\":%.4f,\"rounds\":%d,\"note\":\"%s\"}%n",
          works[work], args[4], (r[(rounds - 1) / 2] + r[rounds / 2]) / 2, r[0], r[rounds - 1], rounds, notes[work]);
    }
    System.exit(0); // the local cluster's threads would hold the process
  }

  static double run(int work) throws Exception {
    rows.set(0);
    total.set(0);
    Configuration settings = new Configuration();
    settings.set(PipelineOptions.OBJECT_REUSE, true);
    settings.set(TaskManagerOptions.MANAGED_MEMORY_SIZE, MemorySize.ofMebiBytes(64));
    var flink = StreamExecutionEnvironment.createLocalEnvironment(1, settings);
    if (work == 2) {
      Records.windows(flink);
    } else {
      windows(flink, work == 0);
    }
    var system = (com.sun.management.OperatingSystemMXBean) java.lang.management.ManagementFactory.getOperatingSystemMXBean();
    long before = system.getProcessCpuTime();
    flink.execute();
    return (system.getProcessCpuTime() - before) / 1e9;
  }

  static void windows(StreamExecutionEnvironment flink, boolean purchases) {
    var events =
        flink
            .addSource(new Columns())
            .returns(new TypeHint<Tuple4<Long, Long, Byte, Long>>() {})
            .assignTimestampsAndWatermarks(
                WatermarkStrategy.<Tuple4<Long, Long, Byte, Long>>forBoundedOutOfOrderness(Duration.ofSeconds(10))
                    .withTimestampAssigner((e, before) -> e.f0));
    var wanted = purchases ? events.filter(e -> e.f2 == PURCHASE) : events;
    wanted
        .map(e -> Tuple3.of(e.f1, e.f3, 1L))
        .returns(Types.TUPLE(Types.LONG, Types.LONG, Types.LONG))
        .keyBy(e -> e.f0, Types.LONG)
        .window(TumblingEventTimeWindows.of(Duration.ofMinutes(5)))
        .reduce((x, y) -> Tuple3.of(x.f0, x.f1 + y.f1, x.f2 + y.f2))
        .addSink(new Totals<>());
  }

  public static class Columns extends RichParallelSourceFunction<Tuple4<Long, Long, Byte, Long>> {
    volatile boolean on = true;

    @Override
    public void run(SourceContext<Tuple4<Long, Long, Byte, Long>> out) {
      Tuple4<Long, Long, Byte, Long> e = new Tuple4<>();
      for (int i = 0; i < ts.length && on; i++) {
        e.f0 = ts[i] / 1000; // Flink's time is in milliseconds
        e.f1 = user[i];
        e.f2 = event[i];
        e.f3 = revenue[i];
        out.collect(e);
      }
    }

    @Override
    public void cancel() {
      on = false;
    }
  }

  public static class Totals<K> extends RichSinkFunction<Tuple3<K, Long, Long>> {
    long n, sum;

    @Override
    public void invoke(Tuple3<K, Long, Long> row, Context context) {
      n++;
      sum += row.f1;
    }

    @Override
    public void finish() {
      rows.addAndGet(n);
      total.addAndGet(sum);
    }
  }

  static MappedByteBuffer map(String path, long bytes) throws Exception {
    try (FileChannel file = FileChannel.open(Path.of(path))) {
      return file.map(FileChannel.MapMode.READ_ONLY, 0, bytes);
    }
  }

  static long[] longs(String path, int n) throws Exception {
    long[] out = new long[n];
    map(path, 8L * n).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer().get(out);
    return out;
  }
}
